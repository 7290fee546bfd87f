using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Describes topics page by page (KIP-966), in the order of their names; what Kafka's Admin client asks in place of Metadata.
/// </summary>
internal sealed class TopicPartitionsHandler(TopicStore topics, int nodeId)
{
    /// <summary>The most partitions of one answer, whatever the client allows (Kafka's default).</summary>
    private const int LargestPage = 2000;

    public DescribeTopicPartitionsResponse Handle(DescribeTopicPartitionsRequest request)
    {
        string from = request.Cursor?.TopicName ?? "";
        bool wantsAll = request.Topics.Length == 0;
        IEnumerable<string> names = wantsAll ? topics.Topics.Select(static x => x.Name) : request.Topics.Select(static x => x.Name);
        List<DescribeTopicPartitionsResponseTopics> found = [];
        int room = Math.Clamp(request.ResponsePartitionLimit, 1, LargestPage);
        foreach (string name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .SkipWhile(x => string.CompareOrdinal(x, from) < 0))
        {
            if (room == 0)
            {
                return Page(found, name, 0);
            }

            Topic? topic = topics.GetTopic(name);
            if (topic is null)
            {
                found.AddRange(wantsAll ? [] : [Unknown(name)]);
                continue;
            }

            int first = name == from ? Math.Max(0, request.Cursor!.Value.PartitionIndex) : 0;
            DescribeTopicPartitionsResponseTopics described = Describe(topic, first, room);
            found.Add(described);
            room -= described.Partitions.Length;
            if (first + described.Partitions.Length < topic.Partitions.Count)
            {
                return Page(found, name, first + described.Partitions.Length);
            }
        }

        return new DescribeTopicPartitionsResponse { Topics = [.. found] };
    }

    private static DescribeTopicPartitionsResponse Page(
        List<DescribeTopicPartitionsResponseTopics> found, string nextTopic, int nextPartition) => new()
    {
        Topics = [.. found],
        NextCursor = new DescribeTopicPartitionsResponseNextCursor { TopicName = nextTopic, PartitionIndex = nextPartition },
    };

    private static DescribeTopicPartitionsResponseTopics Unknown(string name) => new()
    {
        ErrorCode = TopicNames.Problem(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic,
        Name = name,
    };

    private DescribeTopicPartitionsResponseTopics Describe(Topic topic, int first, int room)
    {
        IReadOnlyList<PartitionLog> logs = topic.Partitions;
        int count = Math.Clamp(logs.Count - first, 0, room);
        return new DescribeTopicPartitionsResponseTopics
        {
            Name = topic.Name,
            TopicId = topic.Id,
            IsInternal = topic.IsInternal,
            Partitions =
            [
                .. Enumerable.Range(first, count).Select(i => new DescribeTopicPartitionsResponsePartitions
                {
                    PartitionIndex = i,
                    LeaderId = nodeId,
                    LeaderEpoch = logs[i].LeaderEpoch,
                    ReplicaNodes = [nodeId],
                    IsrNodes = [nodeId],
                    EligibleLeaderReplicas = [],
                    LastKnownElr = [],
                }),
            ],
        };
    }
}
