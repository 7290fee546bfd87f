namespace StreamFlow;

/// <summary>
/// A record has twice taken longer than the consumer may go without polling (<c>max.poll.interval.ms</c>): each time the group
/// takes the partitions away, and all since the last commit begins again. It is what the processing error handler is told in
/// <see cref="ErrorContext.Exception"/> when the record comes for the third time, instead of its being processed.
/// </summary>
public sealed class SlowRecordException : Exception
{
    private const string Id = "SF0908";

    internal SlowRecordException(TimeSpan lasted, TimeSpan interval)
        : base(
            $"The record has twice taken longer than max.poll.interval.ms ({Durations.Text(interval)}), the last time "
            + $"{Durations.Text(lasted)}, and was not processed again: the group takes the partitions away meanwhile. Make the "
            + $"operator faster, or raise max.poll.interval.ms of the consumer. [{Id}]") =>
        (Lasted, Interval) = (lasted, interval);

    /// <summary>What the kind of error is called in <c>docs/reference/errors.md</c>, as <see cref="StreamsException.ErrorId"/>.</summary>
    public string ErrorId { get; } = Id;

    /// <summary>How long it took the last time.</summary>
    public TimeSpan Lasted { get; }

    /// <summary>How long it may take.</summary>
    public TimeSpan Interval { get; }
}
