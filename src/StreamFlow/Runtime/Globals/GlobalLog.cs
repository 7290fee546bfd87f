using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>Log messages about global tables.</summary>
internal static partial class GlobalLog
{
    [LoggerMessage(236, LogLevel.Information, "Application {ApplicationId} reads its global tables: {Remaining} records to come")]
    public static partial void Restoring(ILogger logger, string applicationId, long remaining);

    [LoggerMessage(237, LogLevel.Information, "Application {ApplicationId} has its global tables complete after {Duration}")]
    public static partial void Complete(ILogger logger, string applicationId, TimeSpan duration);

    [LoggerMessage(238, LogLevel.Critical,
        "Application {ApplicationId}: its global tables cannot be kept current any more, and it stops because of that")]
    public static partial void Failed(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(239, LogLevel.Warning, "Application {ApplicationId}: the broker does not answer the thread of its global tables; it tries again")]
    public static partial void Interrupted(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(240, LogLevel.Warning, "Global table '{Store}' is read anew from the beginning of topic '{Topic}': {Reason}")]
    public static partial void ReadAnew(ILogger logger, string store, string topic, string reason);

    [LoggerMessage(241, LogLevel.Warning,
        "No dead letter is sent of record {Topic}-{Partition} offset {Offset}, because every instance reads the topic of a global table; it is left out")]
    public static partial void NoDeadLetter(ILogger logger, string topic, int partition, long offset);
}
