namespace StreamFlow.Processing;

/// <summary>Where a user's processor runs: a task, or a test.</summary>
internal abstract class ProcessorHost
{
    /// <summary>Name of the processor.</summary>
    public abstract string Name { get; }

    public abstract string ApplicationId { get; }

    public abstract TaskId TaskId { get; }

    public abstract RecordPosition? Record { get; }

    public abstract long StreamTime { get; }

    public abstract long SystemTime { get; }

    /// <summary>A store that is connected to the processor.</summary>
    public abstract object Store(string name);

    /// <inheritdoc cref="ProcessingContext.Schedule"/>
    public abstract Cancellable Schedule(
        TimeSpan interval, PunctuationType type, Action<long> punctuator, DateTimeOffset? start);

    public abstract void Commit();
}

/// <summary>Takes what a user's processor forwards.</summary>
internal abstract class Forwarder<TKey, TValue>
{
    /// <summary>Hands a record to all children.</summary>
    public abstract void Forward(in Record<TKey, TValue> record);

    /// <summary>Hands a record to one child.</summary>
    public abstract void Forward(in Record<TKey, TValue> record, string child);

    /// <exception cref="ArgumentException">Its timestamp is none.</exception>
    protected static void CheckTime(in Record<TKey, TValue> record)
    {
        if (record.Timestamp < 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"The timestamp {record.Timestamp} is no event time. ")
                + "Keep that of the record you got, or set one of 0 or more by WithTimestamp.",
                nameof(record));
        }
    }
}
