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

    /// <summary>A result could not be serialized, or the broker refused it.</summary>
    Production,
}

/// <summary>A failed record, as an error handler sees it.</summary>
/// <param name="Stage">Where it failed.</param>
/// <param name="TaskId">The task.</param>
/// <param name="Operator">Name of the operator.</param>
/// <param name="Topic">Topic of the input record; empty when there is none.</param>
/// <param name="Partition">Partition of the input record; -1 when there is none.</param>
/// <param name="Offset">Offset of the input record; -1 when there is none.</param>
/// <param name="Exception">What went wrong.</param>
public readonly record struct ErrorContext(
    ErrorStage Stage, TaskId TaskId, string Operator, string Topic, int Partition, long Offset, Exception Exception);

/// <summary>Decides about a failed record. Called on the stream thread; must not throw.</summary>
/// <param name="context">The failed record.</param>
/// <returns>What to do.</returns>
public delegate ErrorResponse ErrorHandler(in ErrorContext context);

/// <summary>Why a record was left out, as the counter <c>streamflow.task.dropped_records</c> tells it.</summary>
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
}
