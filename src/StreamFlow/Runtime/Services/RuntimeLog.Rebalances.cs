using Microsoft.Extensions.Logging;
using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// What a start and a rebalance bring along. They are the life of a group and no trouble: told in a line, without a stack trace,
/// which is for what somebody has to look into.
/// </summary>
internal static partial class RuntimeLog
{
    private const int TasksNamed = 12;

    /// <summary>All threads have their tasks, and these are restored: the one line of a start, or of a rebalance.</summary>
    public static void Runs(ILogger logger, string applicationId, IReadOnlyList<TaskId> tasks, int threads, long restored)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            var names = string.Join(", ", tasks.Take(TasksNamed)) + (tasks.Count > TasksNamed ? ", ..." : string.Empty);
            Runs(logger, applicationId, tasks.Count, tasks.Count == 0 ? "other instances have them" : names, threads, restored);
        }
    }

    public static void Assigned(ILogger logger, string thread, string tasks)
    {
        if (tasks.Length > 0)
        {
            AssignedTasks(logger, thread, tasks);
        }
    }

    public static void Unassigned(ILogger logger, string thread, string tasks, string how)
    {
        if (tasks.Length > 0)
        {
            UnassignedTasks(logger, thread, tasks, how);
        }
    }

    public static void PollFailed(ILogger logger, Exception exception, string thread)
    {
        if (IsRebalance(exception))
        {
            PollMetRebalance(logger, thread, exception.Message);
        }
        else
        {
            PollTroubled(logger, thread, exception.Message);
        }
    }

    public static void CommitPostponed(ILogger logger, Exception exception, string thread)
    {
        if (IsRebalance(exception))
        {
            CommitMetRebalance(logger, thread, exception.Message);
        }
        else
        {
            CommitTroubled(logger, thread, exception.Message);
        }
    }

    public static void CommitOnRevokeFailed(ILogger logger, Exception exception, string thread)
    {
        if (IsRebalance(exception))
        {
            RevokeMetRebalance(logger, thread, exception.Message);
        }
        else
        {
            RevokeTroubled(logger, exception, thread);
        }
    }

    public static void WorkAbandoned(ILogger logger, Exception exception, string thread, Enum recovery)
    {
        if (IsRebalance(exception))
        {
            WorkMetRebalance(logger, thread, recovery, exception.Message);
        }
        else
        {
            WorkTroubled(logger, exception, thread, recovery);
        }
    }

    /// <summary>Somebody else has what this thread had, or the group is about to say who has what.</summary>
    private static bool IsRebalance(Exception exception) =>
        exception is TaskMigratedException or KafkaClientException { Kind: KafkaErrorKind.Migrated };

    [LoggerMessage(331, LogLevel.Information,
        "Application {ApplicationId} runs: tasks {Count} ({Tasks}), threads {Threads}, changelog records restored {Records}")]
    private static partial void Runs(ILogger logger, string applicationId, int count, string tasks, int threads, long records);

    [LoggerMessage(101, LogLevel.Information, "{Thread}: assigned tasks {Tasks}")]
    private static partial void AssignedTasks(ILogger logger, string thread, string tasks);

    [LoggerMessage(102, LogLevel.Information, "{Thread}: gave up tasks {Tasks} ({How})")]
    private static partial void UnassignedTasks(ILogger logger, string thread, string tasks, string how);

    [LoggerMessage(332, LogLevel.Information, "{Thread}: the group rebalances ({Reason})")]
    private static partial void PollMetRebalance(ILogger logger, string thread, string reason);

    [LoggerMessage(113, LogLevel.Warning, "{Thread}: the client has a problem that it mends itself: {Reason}")]
    private static partial void PollTroubled(ILogger logger, string thread, string reason);

    [LoggerMessage(333, LogLevel.Information, "{Thread}: the group rebalances, the next commit covers this one ({Reason})")]
    private static partial void CommitMetRebalance(ILogger logger, string thread, string reason);

    [LoggerMessage(107, LogLevel.Warning, "{Thread}: the offsets were not committed, the next commit covers them: {Reason}")]
    private static partial void CommitTroubled(ILogger logger, string thread, string reason);

    [LoggerMessage(334, LogLevel.Information,
        "{Thread}: the group gave tasks to others before their last commit; its records are processed again there ({Reason})")]
    private static partial void RevokeMetRebalance(ILogger logger, string thread, string reason);

    [LoggerMessage(108, LogLevel.Error, "{Thread}: the last commit before giving up tasks failed; their records are processed again")]
    private static partial void RevokeTroubled(ILogger logger, Exception exception, string thread);

    [LoggerMessage(335, LogLevel.Information,
        "{Thread}: the group rebalances, what is not committed is processed again ({Recovery}: {Reason})")]
    private static partial void WorkMetRebalance(ILogger logger, string thread, Enum recovery, string reason);

    [LoggerMessage(117, LogLevel.Warning, "{Thread}: what is not committed is given up and processed again ({Recovery})")]
    private static partial void WorkTroubled(ILogger logger, Exception exception, string thread, Enum recovery);

    [LoggerMessage(115, LogLevel.Warning,
        "{Thread}: another member has taken its identity; it joins the group anew: {Reason}")]
    public static partial void InstanceFenced(ILogger logger, string thread, string reason);
}
