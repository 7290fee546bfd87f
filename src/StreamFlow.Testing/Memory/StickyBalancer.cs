namespace StreamFlow.Testing.Memory;

/// <summary>
/// What Kafka's cooperative-sticky assignor promises, for members with equal subscriptions: everybody gets the same
/// number of partitions give or take one, who has a partition keeps it where that allows, and a partition that moves is
/// first taken from its owner and given away in the next generation.
/// </summary>
internal static class StickyBalancer
{
    public static Dictionary<GroupMember, List<TopicPartition>> Balance(
        IReadOnlyList<GroupMember> members, IReadOnlyCollection<TopicPartition> partitions)
    {
        var target = Target(members, partitions);
        var owners = new Dictionary<TopicPartition, GroupMember>();
        foreach (var member in members)
        {
            foreach (var partition in member.Owned)
            {
                owners[partition] = member;
            }
        }

        foreach (var (member, assigned) in target)
        {
            assigned.RemoveAll(p => owners.TryGetValue(p, out var owner) && owner != member);
        }

        return target;
    }

    private static Dictionary<GroupMember, List<TopicPartition>> Target(
        IReadOnlyList<GroupMember> members, IReadOnlyCollection<TopicPartition> partitions)
    {
        var free = new SortedSet<TopicPartition>(partitions, PartitionOrder.Instance);
        var low = partitions.Count / members.Count;
        var extras = partitions.Count % members.Count;
        var target = members.ToDictionary(m => m, _ => new List<TopicPartition>());
        foreach (var member in members)
        {
            var kept = member.Owned
                .Where(p => free.Contains(p) && member.Topics.Contains(p.Topic))
                .Order(PartitionOrder.Instance)
                .ToList();
            var quota = low;
            if (kept.Count > low && extras > 0)
            {
                quota++;
                extras--;
            }

            target[member].AddRange(kept.Take(quota));
            free.ExceptWith(target[member]);
        }

        foreach (var partition in free)
        {
            var taker = members.Where(m => m.Topics.Contains(partition.Topic)).MinBy(m => target[m].Count);
            if (taker is not null)
            {
                target[taker].Add(partition);
            }
        }

        return target;
    }

    private sealed class PartitionOrder : IComparer<TopicPartition>
    {
        public static readonly PartitionOrder Instance = new();

        public int Compare(TopicPartition x, TopicPartition y)
        {
            var order = string.CompareOrdinal(x.Topic, y.Topic);
            return order != 0 ? order : x.Partition.CompareTo(y.Partition);
        }
    }
}
