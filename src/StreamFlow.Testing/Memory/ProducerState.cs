namespace StreamFlow.Testing.Memory;

/// <summary>Where a producer stands, as librdkafka's transactional producer does.</summary>
internal enum ProducerState
{
    /// <summary>Without transactions.</summary>
    Plain,

    /// <summary>With a transactional id that is not registered yet.</summary>
    Unregistered,

    Ready,
    InTransaction,

    /// <summary>The transaction can only be aborted.</summary>
    MustAbort,

    /// <summary>Fenced or broken: nothing works any more.</summary>
    Fatal,
}

internal enum ProducerEvent
{
    Registered,
    Begun,
    Committed,
    Aborted,
    AbortableError,
    FatalError,
}

internal static class ProducerLife
{
    /// <returns>The next state, or null when the event is not allowed in this one.</returns>
    public static ProducerState? Next(ProducerState state, ProducerEvent @event) => (state, @event) switch
    {
        (_, ProducerEvent.FatalError) => ProducerState.Fatal,
        (ProducerState.Unregistered, ProducerEvent.Registered) => ProducerState.Ready,
        (ProducerState.Ready, ProducerEvent.Begun) => ProducerState.InTransaction,
        (ProducerState.InTransaction, ProducerEvent.Committed) => ProducerState.Ready,
        (ProducerState.InTransaction or ProducerState.MustAbort, ProducerEvent.Aborted) => ProducerState.Ready,
        (ProducerState.InTransaction or ProducerState.MustAbort, ProducerEvent.AbortableError) =>
            ProducerState.MustAbort,
        _ => null,
    };
}
