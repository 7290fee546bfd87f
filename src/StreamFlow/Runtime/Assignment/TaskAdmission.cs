using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>Which tasks a thread may have of those that the group gives it, and from when on.</summary>
internal sealed class TaskAdmission(ThreadServices services, string threadName)
{
    private readonly HashSet<(TaskId, string)> _told = [];

    /// <summary>
    /// The partitions that the topics are known to have. A group shares out added ones before anybody here has heard of them;
    /// then the topics are looked at again. Where the application cannot go on with them it is being stopped, and none is read.
    /// </summary>
    /// <exception cref="StreamsException">The topics cannot be looked at.</exception>
    public IReadOnlyList<TopicPartition> ThoseKnown(IReadOnlyList<TopicPartition> leaders) =>
        leaders.All(services.Topics.Has) || services.Watch.Learn(leaders)
            ? leaders
            : [.. leaders.Where(services.Topics.Has)];

    /// <summary>Whether nobody else can have the task: members who see other leaders share the same tasks out once more.</summary>
    public bool MayStart(StreamTask task)
    {
        if (!ResolvedTopics.HasChoiceOfLeader(task.SubTopology)
            || services.Watch.MayStart(task.Rebalance, out var heldBackBy))
        {
            return true;
        }

        if (heldBackBy is not null && _told.Add((task.Id, heldBackBy)))
        {
            RuntimeLog.TaskHeldBack(services.Logger, threadName, task.Id, heldBackBy);
        }

        return false;
    }
}
