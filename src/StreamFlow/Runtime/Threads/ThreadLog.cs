using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>Log messages about what the user's code does to threads, and about threads that do not come forward.</summary>
internal static partial class ThreadLog
{
    [LoggerMessage(140, LogLevel.Error, "Application {ApplicationId}: a listener of StateChanged threw when told of {State}")]
    public static partial void ListenerFailed(ILogger logger, Exception exception, string applicationId, StreamsState state);

    [LoggerMessage(351, LogLevel.Error, "Application {ApplicationId}: a tap threw when told that the application starts, stops or has ended")]
    public static partial void TapFailed(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(141, LogLevel.Warning,
        "Application {ApplicationId}: a listener of StateChanged has not returned within {Limit}; the application has ended without it")]
    public static partial void ListenerSlow(ILogger logger, string applicationId, TimeSpan limit);

    [LoggerMessage(142, LogLevel.Critical,
        "{Thread}: the ThreadFailureHandler threw when asked about the failure '{Failure}'; the application stops because of that failure")]
    public static partial void FailureHandlerFailed(ILogger logger, Exception exception, string thread, string failure);

    [LoggerMessage(143, LogLevel.Error,
        "Application {ApplicationId}: threads have failed {Count} times in a row, the next replacement comes in {Wait}")]
    public static partial void ReplacementWaits(ILogger logger, string applicationId, int count, TimeSpan wait);

    [LoggerMessage(144, LogLevel.Critical,
        "Application {ApplicationId}: threads have failed {Count} times in a row for {Failing}, TaskTimeout is {Limit}: no further one is "
        + "replaced, the application stops because of the last failure")]
    public static partial void ReplacementsGivenUp(
        ILogger logger, string applicationId, int count, TimeSpan failing, TimeSpan limit);

    [LoggerMessage(146, LogLevel.Error,
        "{Thread} has been {Work} for {Lasts}; until that returns nothing of the thread goes on")]
    public static partial void Stalled(ILogger logger, string thread, string work, TimeSpan lasts);

    [LoggerMessage(147, LogLevel.Warning, "{Thread} goes on; it had been {Work} for at least {Lasted}")]
    public static partial void GoesOn(ILogger logger, string thread, string work, TimeSpan lasted);

    [LoggerMessage(149, LogLevel.Warning,
        "Application {ApplicationId}: {Partition}. Its task has processed none of them, although its thread goes on")]
    public static partial void PartitionStuck(ILogger logger, string applicationId, string partition);

    [LoggerMessage(152, LogLevel.Information, "Application {ApplicationId}: {Partition} is processed again")]
    public static partial void PartitionGoesOn(ILogger logger, string applicationId, TopicPartition partition);

    [LoggerMessage(148, LogLevel.Error,
        "{Thread} has not polled its consumer for {Lasted}, longer than max.poll.interval.ms ({Interval}): the group takes its "
        + "partitions away, and what is not committed begins again. It was no single record, but a commit or a punctuation")]
    public static partial void PollMissed(ILogger logger, string thread, TimeSpan lasted, TimeSpan interval);

    [LoggerMessage(145, LogLevel.Error, "Application {ApplicationId}: {What} could not be closed")]
    public static partial void NotClosed(ILogger logger, Exception exception, string applicationId, string what);
}
