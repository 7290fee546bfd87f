using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
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

    public DescribeTopicPartitionsResponse Handle(DescribeTopicPartitionsRequest request, RequestContext context)
    {
        string from = request.Cursor?.TopicName ?? "";
        bool wantsAll = request.Topics.Length == 0;
        IEnumerable<string> wanted = wantsAll ? topics.Topics.Select(static x => x.Name) : request.Topics.Select(static x => x.Name);
        List<string> names =
        [
            .. wanted.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).SkipWhile(x => string.CompareOrdinal(x, from) < 0),
        ];
        if (wantsAll)
        {
            names.RemoveAll(name => !context.MaySee(AclOperation.Describe, AclResourceType.Topic, name));
            return WithOperations(Page(names, request, false), context);
        }

        // Who may not describe a topic does not even learn whether it exists.
        ILookup<bool, string> allowed = names.ToLookup(name => context.MayTopic(AclOperation.Describe, name));
        DescribeTopicPartitionsResponse page = WithOperations(Page(allowed[true], request, true), context);
        page.Topics = [.. page.Topics, .. allowed[false].Select(static name => Failed(name, ErrorCode.TopicAuthorizationFailed))];
        return page;
    }

    private static DescribeTopicPartitionsResponse WithOperations(DescribeTopicPartitionsResponse page, RequestContext context)
    {
        foreach (ref DescribeTopicPartitionsResponseTopics topic in page.Topics.AsSpan())
        {
            if (topic is { ErrorCode: ErrorCode.None, Name: { } name })
            {
                topic.TopicAuthorizedOperations = AuthorizedOperations.OfTopic(name, context);
            }
        }

        return page;
    }

    private DescribeTopicPartitionsResponse Page(IEnumerable<string> names, DescribeTopicPartitionsRequest request, bool tellUnknown)
    {
        List<DescribeTopicPartitionsResponseTopics> found = [];
        int room = Math.Clamp(request.ResponsePartitionLimit, 1, LargestPage);
        foreach (string name in names)
        {
            if (room == 0)
            {
                return Until(found, name, 0);
            }

            Topic? topic = topics.GetTopic(name);
            if (topic is null)
            {
                found.AddRange(tellUnknown ? [Unknown(name)] : []);
                continue;
            }

            int first = name == request.Cursor?.TopicName ? Math.Max(0, request.Cursor!.Value.PartitionIndex) : 0;
            DescribeTopicPartitionsResponseTopics described = Describe(topic, first, room);
            found.Add(described);
            room -= described.Partitions.Length;
            if (first + described.Partitions.Length < topic.Partitions.Count)
            {
                return Until(found, name, first + described.Partitions.Length);
            }
        }

        return new DescribeTopicPartitionsResponse { Topics = [.. found] };
    }

    private static DescribeTopicPartitionsResponse Until(
        List<DescribeTopicPartitionsResponseTopics> found, string nextTopic, int nextPartition) => new()
    {
        Topics = [.. found],
        NextCursor = new DescribeTopicPartitionsResponseNextCursor { TopicName = nextTopic, PartitionIndex = nextPartition },
    };

    private static DescribeTopicPartitionsResponseTopics Unknown(string name) =>
        Failed(name, TopicNames.Problem(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopic);

    private static DescribeTopicPartitionsResponseTopics Failed(string name, ErrorCode error) =>
        new() { ErrorCode = error, Name = name };

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
