using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client.Admin;

/// <summary>A partition of a topic.</summary>
internal readonly record struct TopicPartition(string Topic, int Partition) : IComparable<TopicPartition>
{
    public int CompareTo(TopicPartition other) => string.CompareOrdinal(Topic, other.Topic) is var order and not 0 ? order : Partition.CompareTo(other.Partition);

    public override string ToString() => FormattableString.Invariant($"{Topic}-{Partition}");
}

/// <summary>Offsets of partitions: the first, the next, those of a time.</summary>
internal static class Offsets
{
    public const long Latest = -1;
    public const long Earliest = -2;
    public const long MaxTimestamp = -3;
    public const long EarliestLocal = -4;
    public const long LatestTiered = -5;
    public const long EarliestPendingUpload = -6;

    /// <summary>What asks for the first record of a time: before 1970 the numbers mean something else, and all records are later.</summary>
    public static long OfTime(long milliseconds) => Math.Max(0, milliseconds);

    /// <summary>The partitions of topics, with the broker that leads each.</summary>
    /// <exception cref="KafkaException">One of them is not there.</exception>
    public static async Task<Dictionary<TopicPartition, int>> LeadersAsync(this Cluster cluster, IReadOnlyCollection<string> topics, CancellationToken ct) =>
        await cluster.RetryAsync(
            async () =>
            {
                MetadataResponse metadata = await cluster.MetadataAsync(topics, ct).ConfigureAwait(false);
                Dictionary<TopicPartition, int> leaders = [];
                foreach (MetadataResponseTopics topic in metadata.Topics)
                {
                    Throw(topic.ErrorCode, $"topic '{topic.Name}'");
                    foreach (MetadataResponsePartitions partition in topic.Partitions)
                    {
                        Throw(partition.LeaderId < 0 ? ErrorCode.LeaderNotAvailable : ErrorCode.None, $"partition {partition.PartitionIndex} of topic '{topic.Name}'");
                        leaders[new TopicPartition(topic.Name!, partition.PartitionIndex)] = partition.LeaderId;
                    }
                }

                return leaders;
            },
            ct).ConfigureAwait(false);

    /// <summary>The offset, and its time where it has one, that each partition has for a time in milliseconds or one of the constants.</summary>
    public static async Task<SortedDictionary<TopicPartition, (long Offset, long Timestamp)>> ListOffsetsAsync(
        this Cluster cluster, IReadOnlyDictionary<TopicPartition, long> times, CancellationToken ct, bool isCommitted = false) =>
        await cluster.RetryAsync(
            async () =>
            {
                Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([.. times.Keys.Select(static p => p.Topic).Distinct()], ct).ConfigureAwait(false);
                SortedDictionary<TopicPartition, (long, long)> offsets = [];
                foreach (IGrouping<int, TopicPartition> node in times.Keys.GroupBy(p => leaders.TryGetValue(p, out int leader)
                    ? leader
                    : throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"partition {p.Partition} of topic '{p.Topic}'")))
                {
                    BrokerConnection connection = await cluster.NodeAsync(node.Key, ct).ConfigureAwait(false);
                    ListOffsetsResponse response = await connection.SendAsync(Request(node, times, isCommitted, connection), ct).ConfigureAwait(false);
                    Collect(response, offsets);
                }

                return offsets;
            },
            ct).ConfigureAwait(false);

    /// <summary>The same for all of them.</summary>
    public static Task<SortedDictionary<TopicPartition, (long Offset, long Timestamp)>> ListOffsetsAsync(
        this Cluster cluster, IEnumerable<TopicPartition> partitions, long time, CancellationToken ct, bool isCommitted = false) =>
        cluster.ListOffsetsAsync(partitions.ToDictionary(static p => p, _ => time), ct, isCommitted);

    /// <summary>Throws what a broker said of something, unless it said nothing.</summary>
    public static void Throw(ErrorCode error, string what, string? message = null)
    {
        if (error != ErrorCode.None)
        {
            throw new KafkaException(error, what, message);
        }
    }

    private static ListOffsetsRequest Request(
        IEnumerable<TopicPartition> partitions, IReadOnlyDictionary<TopicPartition, long> times, bool isCommitted, BrokerConnection connection) => new()
    {
        ReplicaId = -1,
        IsolationLevel = isCommitted && connection.VersionOf(ApiKey.ListOffsets) >= 2 ? (sbyte)1 : (sbyte)0,
        TimeoutMs = 30_000,
        Topics =
        [
            .. partitions.GroupBy(static p => p.Topic).Select(topic => new ListOffsetsRequestTopics
            {
                Name = topic.Key,
                Partitions = [.. topic.Select(p => new ListOffsetsRequestPartitions { PartitionIndex = p.Partition, Timestamp = times[p] })],
            }),
        ],
    };

    private static void Collect(ListOffsetsResponse response, SortedDictionary<TopicPartition, (long Offset, long Timestamp)> offsets)
    {
        foreach (ListOffsetsResponseTopics topic in response.Topics)
        {
            foreach (ListOffsetsResponsePartitions partition in topic.Partitions)
            {
                Throw(partition.ErrorCode, $"offsets of partition {partition.PartitionIndex} of topic '{topic.Name}'");
                offsets[new TopicPartition(topic.Name, partition.PartitionIndex)] = (partition.Offset, partition.Timestamp);
            }
        }
    }
}
