namespace StreamFlow.Broker.Storage;

/// <summary>What a partition's log can do.</summary>
internal enum LogState
{
    /// <summary>Serves reads and appends.</summary>
    Online,

    /// <summary>The disk failed a write, a read or an fsync: serves reads, refuses appends, until it is repaired.</summary>
    ReadOnly,

    /// <summary>Damage was found when it was opened: serves nothing until it is opened again.</summary>
    Offline,

    /// <summary>Closed or deleted.</summary>
    Closed,
}

/// <summary>What happens to a partition's log.</summary>
internal enum LogEvent
{
    StorageFailed,
    Repaired,
    Closed,
}

/// <summary>The transitions of <see cref="LogState"/>. Nothing leads back from <see cref="LogState.Offline"/>: only opening again does.</summary>
internal static class LogLifecycle
{
    public static LogState Next(LogState state, LogEvent happened) => (state, happened) switch
    {
        (LogState.Online or LogState.ReadOnly, LogEvent.StorageFailed) => LogState.ReadOnly,
        (LogState.ReadOnly, LogEvent.Repaired) => LogState.Online,
        (LogState.Online or LogState.ReadOnly or LogState.Offline, LogEvent.Closed) => LogState.Closed,
        _ => throw new InvalidOperationException($"A log that is {state} cannot take the event {happened}."),
    };
}
