using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks, whenever a static member has joined, whether all partitions are somebody's. A member that gives partitions up
/// has to join once more before others get them; one that is killed in between comes back as a static member to what it
/// had kept, without a rebalance, and nobody is left who would ask for one: the partitions would be nobody's until the
/// group changes for another reason. Then a thread leaves the group and joins it anew.
/// </summary>
internal sealed class OrphanedPartitions(ThreadServices services, Action rejoin)
{
    /// <summary>Between two looks. Members that live need less to join once more.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private HashSet<TopicPartition> _missing = [];
    private long _since;

    /// <returns>Whether all partitions are somebody's.</returns>
    public bool See(GroupDescription group)
    {
        var missing = group.IsStable ? Expected().Except(group.Members.SelectMany(m => m.Assigned)).ToHashSet() : [];
        if (!missing.SetEquals(_missing))
        {
            _missing = missing;
            _since = services.Time.GetTimestamp();
        }
        else if (missing.Count > 0 && services.Time.GetElapsedTime(_since) >= Interval)
        {
            RuntimeLog.PartitionsOrphaned(services.Logger, services.Options.ApplicationId, string.Join(", ", missing));
            _missing = [];
            rejoin();
        }

        return group.IsStable && missing.Count == 0;
    }

    private IEnumerable<TopicPartition> Expected()
    {
        var topics = services.Topics;
        return from topic in topics.LeaderTopics
               from partition in Enumerable.Range(0, topics.TaskCount(topics.SubTopologyOf(topic)))
               select new TopicPartition(topic, partition);
    }
}
