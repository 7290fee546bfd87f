using Microsoft.Extensions.Logging;

namespace StreamFlow.Kafka;

/// <summary>Every message the clients log.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1, Message = "{ClientId}: librdkafka {Facility}: {Text}")]
    public static partial void Library(ILogger logger, LogLevel level, string clientId, string facility, string text);

    [LoggerMessage(EventId = 30, Message = "{ClientId}: librdkafka {Facility}: {Text} ({LeftOut} more lines like it since the last one; at most one per {Interval})")]
    public static partial void LibraryAgain(
        ILogger logger, LogLevel level, string clientId, string facility, string text, int leftOut, TimeSpan interval);

    [LoggerMessage(35, LogLevel.Information,
        "Told once and then only counted, before the last client was closed: {LeftOut} more lines like '{Line}'")]
    public static partial void LinesLeftOut(ILogger logger, int leftOut, string line);

    [LoggerMessage(31, LogLevel.Error,
        "{ClientId}: no broker answers at {Servers}: {Text}. The clients go on trying; until one answers, what they write about it "
        + "is only counted. If it never does, correct BootstrapServers or what is between here and there")]
    public static partial void BrokersLost(ILogger logger, string clientId, string servers, string text);

    [LoggerMessage(32, LogLevel.Warning, "A broker answers at {Servers} again, after {Lasted}; the clients wrote {Lines} lines meanwhile")]
    public static partial void BrokersAnswer(ILogger logger, string servers, TimeSpan lasted, int lines);

    [LoggerMessage(EventId = 33, Message = "{ClientId}: {Text}; other connections work ({LeftOut} more lines like it before)")]
    public static partial void ConnectionLost(ILogger logger, LogLevel level, string clientId, string text, int leftOut);

    [LoggerMessage(34, LogLevel.Warning, "Whether a broker answers at {Servers} cannot be asked. {ClientId} says: {Text}")]
    public static partial void ProbeFailed(ILogger logger, Exception exception, string servers, string clientId, string text);

    [LoggerMessage(2, LogLevel.Warning, "Another error while fetching {Partition}: {Text}")]
    public static partial void FurtherFetchError(ILogger logger, TopicPartition partition, string text);

    [LoggerMessage(3, LogLevel.Information, "Left out {Count} records of {Partition} that were fetched twice; it is at {Position}")]
    public static partial void RepeatedLeftOut(ILogger logger, int count, TopicPartition partition, long position);

    [LoggerMessage(4, LogLevel.Debug, "The group added {Count} leader partitions")]
    public static partial void Assigned(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Debug, "The group takes {Count} leader partitions away; lost already: {Lost}")]
    public static partial void Revoked(ILogger logger, int count, bool lost);

    [LoggerMessage(14, LogLevel.Warning,
        "The group has let this member go and taken it up again: the {Count} leader partitions it had were others' meanwhile")]
    public static partial void TakenUpAgain(ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Warning, "The group cannot rebalance ({Error}): all partitions are given up")]
    public static partial void RebalanceFailed(ILogger logger, string error);

    [LoggerMessage(7, LogLevel.Error, "Another error in the same rebalance")]
    public static partial void FurtherRebalanceError(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "{ClientId}: could not leave the group within {Timeout}; "
        + "the broker removes this member when its session ends")]
    public static partial void CloseTimedOut(ILogger logger, string clientId, TimeSpan timeout);

    [LoggerMessage(9, LogLevel.Error, "{ClientId}: error while closing")]
    public static partial void CloseFailed(ILogger logger, string clientId, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "{ClientId}: {Count} records were not acknowledged when disposed; given up")]
    public static partial void DroppedAtClose(ILogger logger, string clientId, int count);

    [LoggerMessage(12, LogLevel.Warning, "{ClientId}: error while closing: {Text}")]
    public static partial void ErrorWhileClosing(ILogger logger, string clientId, string text);

    [LoggerMessage(13, LogLevel.Warning, "{ClientId}: the group did not let '{InstanceId}' go in time; "
        + "its partitions are given to others when its session ends")]
    public static partial void StaticMemberRemains(ILogger logger, string clientId, string instanceId);

    [LoggerMessage(11, LogLevel.Warning, "{ClientId}: metadata of topic {Topic} could not be refreshed: {Text}")]
    public static partial void RefreshFailed(ILogger logger, string clientId, string topic, string text);

    [LoggerMessage(20, LogLevel.Warning,
        "{ClientId}: {Topic}-{Partition} refused a batch of {Count} records ({Reason}), perhaps because of one; they are sent again "
        + "in smaller batches")]
    public static partial void BatchRefused(
        ILogger logger, string clientId, string topic, int partition, int count, string reason);
}
