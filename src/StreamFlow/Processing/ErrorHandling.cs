using StreamFlow.State;

namespace StreamFlow;

/// <summary>What to do about a record that failed.</summary>
public enum ErrorResponse
{
    /// <summary>Stop the stream thread with an error; the record is read again after a restart.</summary>
    Fail,

    /// <summary>Count and log the record, and go on with the next one.</summary>
    Continue,

    /// <summary>Send the input record's bytes to the dead letter topic, count it, and go on with the next one.</summary>
    DeadLetter,
}

/// <summary>Where on its way a record failed.</summary>
public enum ErrorStage
{
    /// <summary>Its bytes are not what the source's serdes expect.</summary>
    Deserialization,

    /// <summary>An operator's function threw.</summary>
    Processing,

    /// <summary>
    /// A result or the row of a store could not be serialized, or the client or broker refused it; the exception is then a
    /// <see cref="KafkaClientException"/> that names the topic it was for.
    /// </summary>
    Production,
}

/// <summary>
/// A failed record, as an error handler sees it: what went wrong, at which operator, and the input record that it is due
/// to. What leaves a cached store at a commit is due to the record that wrote its entry last.
/// </summary>
public readonly record struct ErrorContext
{
    /// <summary>Where on its way it failed.</summary>
    public required ErrorStage Stage { get; init; }

    /// <summary>The task.</summary>
    public required TaskId TaskId { get; init; }

    /// <summary>Name of the operator; of the store when one of its rows could not be serialized, or its changelog refused it.</summary>
    public required string Operator { get; init; }

    /// <summary>
    /// What went wrong: the exception as the function, the serde or the client threw it. One over a missing key or value that
    /// the function was given as <see langword="null"/> is wrapped in one that says so.
    /// </summary>
    public required Exception Exception { get; init; }

    /// <summary>Topic of the input record; empty when there is none.</summary>
    public required string Topic { get; init; }

    /// <summary>Partition of the input record; -1 when there is none.</summary>
    public required int Partition { get; init; }

    /// <summary>Offset of the input record; -1 when there is none.</summary>
    public required long Offset { get; init; }

    /// <summary>
    /// Timestamp of the input record in milliseconds since 1970-01-01T00:00Z, as it lies on the broker; -1 when its bytes
    /// are not at hand.
    /// </summary>
    /// <value>Default: -1.</value>
    public long Timestamp { get; init; } = -1;

    /// <summary>
    /// Whether the bytes of the input record are at hand. Those of a record that has waited in a cached store are only
    /// when <see cref="StreamFlowOptions.DeadLetterTopic"/> is set.
    /// </summary>
    public bool HasSource { get; init; }

    /// <summary>
    /// Key of the input record as it lies on the broker, a copy that may be kept; <see langword="null"/> without a key, and
    /// when <see cref="HasSource"/> is false. An empty key is one.
    /// </summary>
    public ReadOnlyMemory<byte>? SourceKey { get; init; }

    /// <summary>
    /// Value of the input record as it lies on the broker, a copy that may be kept; <see langword="null"/> for a tombstone,
    /// and when <see cref="HasSource"/> is false. An empty value is one.
    /// </summary>
    public ReadOnlyMemory<byte>? SourceValue { get; init; }

    /// <summary>
    /// The record at the operator, made of the input record by those before it, with key and value as they are typed there; at
    /// an operator of a table the row's new value. They are the objects at hand, no copies: a function that failed half-way may
    /// have changed them.
    /// </summary>
    /// <value>
    /// <see langword="null"/> where there is none: when the input cannot be deserialized, in a punctuation, for a store's value
    /// that cannot be written, and for a result that the broker refused after it was sent.
    /// </value>
    public Record<object?, object?>? Record { get; init; }

    /// <summary>Headers of the input record; empty when it has none, and when <see cref="HasSource"/> is false.</summary>
    public Headers Headers
    {
        get => field ?? Headers.Empty;
        init;
    }

    /// <summary>
    /// Name of the operator in which a result has waited that failed when it was handed on: a suppressed update, the final result of a
    /// window, a record that waited in a join. <see cref="SourceKey"/>, <see cref="SourceValue"/>, <see cref="Timestamp"/> and
    /// <see cref="Headers"/> are its own then, and the dead letter is made of them; <see cref="Topic"/>, <see cref="Partition"/> and
    /// <see cref="Offset"/> are those of the record that ended its wait.
    /// </summary>
    /// <value><see langword="null"/> where the failure is that of the input record.</value>
    public string? WaitedAt { get; init; }

    /// <summary>Creates the description of a failure; its required members are to be set.</summary>
    public ErrorContext()
    {
    }

    /// <summary>The same with the input record's own bytes.</summary>
    internal ErrorContext With(RawRecord source) => this with
    {
        HasSource = true,
        SourceKey = Memory(source.Key),
        SourceValue = Memory(source.Value),
        Timestamp = source.Timestamp,
        Headers = source.Headers ?? Headers.Empty,
        WaitedAt = source.WaitedAt,
    };

    // A null array converts to memory that is empty, not to none.
    private static ReadOnlyMemory<byte>? Memory(byte[]? bytes) => bytes is null ? null : new ReadOnlyMemory<byte>(bytes);
}

/// <summary>A record that failed at an operator.</summary>
/// <param name="Operator">The operator; the store when one of its rows could not be written.</param>
/// <param name="Stage">Where on its way it failed.</param>
/// <param name="TaskId">The task.</param>
public sealed record RecordFailure(string Operator, ErrorStage Stage, TaskId TaskId)
{
    /// <summary>The input record that it is due to.</summary>
    /// <value>Default: null, none, as in a punctuation.</value>
    public RecordPosition? Position { get; init; }

    /// <summary>Type and message of the exception.</summary>
    /// <value>Empty.</value>
    public string Error { get; init; } = string.Empty;

    /// <summary>When it failed.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>
/// Decides about a failed record. Called on the stream thread, under no lock. One that throws fails the record as
/// <see cref="ErrorResponse.Fail"/> does, with an <see cref="AggregateException"/> of both failures as the cause.
/// </summary>
/// <param name="context">The failed record.</param>
/// <returns>What to do.</returns>
public delegate ErrorResponse ErrorHandler(in ErrorContext context);

/// <summary>Why a record was left out, as the counter <c>streamflow.task.dropped</c> tells it.</summary>
public enum DropReason
{
    /// <summary>The record has no key where one is needed.</summary>
    NullKey,

    /// <summary>The record has no value where one is needed.</summary>
    NullValue,

    /// <summary>All its windows were closed already.</summary>
    Late,

    /// <summary>The store no longer keeps its time.</summary>
    Expired,

    /// <summary>Its timestamp is negative.</summary>
    InvalidTimestamp,

    /// <summary>It could not be deserialized and the handler answered <see cref="ErrorResponse.Continue"/>.</summary>
    Deserialization,

    /// <summary>An operator threw and the handler answered <see cref="ErrorResponse.Continue"/>.</summary>
    Processing,

    /// <summary>It could not be produced and the handler answered <see cref="ErrorResponse.Continue"/>.</summary>
    Production,

    /// <summary>It went to the dead letter topic.</summary>
    DeadLetter,

    /// <summary>The partitioner sent it nowhere.</summary>
    NoPartition,

    /// <summary>It is an earlier version of a row with a history, and a join goes by the latest.</summary>
    Superseded,

    /// <summary>It answers a row that has changed since it asked, in a join by foreign key; a later answer comes.</summary>
    Outdated,

    /// <summary>Its time lies in no window.</summary>
    NoWindow,
}
