namespace StreamFlow.Cli.Client.Admin;

/// <summary>Kafka's range assignor: each topic by itself, its partitions in order over its members in order, the first ones getting one more.</summary>
internal static class RangeAssignor
{
    public static Dictionary<string, List<TopicPartition>> Assign(IReadOnlyDictionary<string, string[]> subscriptions, IReadOnlyDictionary<string, int> partitions)
    {
        Dictionary<string, List<TopicPartition>> assigned = subscriptions.ToDictionary(static s => s.Key, static _ => new List<TopicPartition>());
        foreach ((string topic, int count) in partitions.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            List<string> members = [.. subscriptions.Where(s => s.Value.Contains(topic)).Select(static s => s.Key).Order(StringComparer.Ordinal)];
            int next = 0;
            for (int i = 0; i < members.Count; i++)
            {
                int share = (count / members.Count) + (i < count % members.Count ? 1 : 0);
                assigned[members[i]].AddRange(Enumerable.Range(next, share).Select(p => new TopicPartition(topic, p)));
                next += share;
            }
        }

        return assigned;
    }
}
