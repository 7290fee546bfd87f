using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Creates, grows, trims and deletes topics.</summary>
internal sealed partial class TopicAdminHandler(
    TopicStore store, BrokerSettings settings, int nodeId, int defaultPartitions, bool acceptAnyReplicationFactor)
{
    private const int UseDefault = -1;

    /// <summary>The most partitions that one request creates, as in Kafka.</summary>
    private const int MostPartitions = 10_000;

    /// <summary>First version of DeleteTopics that names topics by their ids.</summary>
    private const short TopicIdsFrom = 6;

    public CreateTopicsResponse Create(CreateTopicsRequest request, RequestContext context)
    {
        HashSet<string> twice = [.. request.Topics.GroupBy(static x => x.Name).Where(static x => x.Skip(1).Any())
            .Select(static x => x.Key)];
        bool isExcessive = request.Topics.Sum(Asked) > MostPartitions;
        return new CreateTopicsResponse
        {
            Topics =
            [
                .. request.Topics.Select(topic => twice.Contains(topic.Name)
                    ? NotCreated(topic.Name, ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is listed more than once.")
                    : isExcessive ? NotCreated(topic.Name, ErrorCode.PolicyViolation, Excessive)
                    : MayCreate(topic.Name, context)
                        ? HideConfigs(Create(topic, request.ValidateOnly), context)
                        : NotCreated(topic.Name, ErrorCode.TopicAuthorizationFailed, RequestContext.NotAllowed)),
            ],
        };
    }

    /// <summary>Who may create anything in the cluster may create this; otherwise it takes a right of its own.</summary>
    public static bool MayCreate(string topic, RequestContext context) =>
        context.MaySee(AclOperation.Create, AclResourceType.Cluster, AclBinding.ClusterName)
        || context.MayTopic(AclOperation.Create, topic);

    public DeleteTopicsResponse Delete(DeleteTopicsRequest request, RequestContext context) => new()
    {
        Responses = context.Version < TopicIdsFrom
            ? [.. request.TopicNames.Select(name => Delete(new DeleteTopicsRequestTopics { Name = name }, context))]
            : [.. request.Topics.Select(topic => Delete(topic, context))],
    };

    public CreatePartitionsResponse AddPartitions(CreatePartitionsRequest request, RequestContext context) => new()
    {
        Results =
        [
            .. request.Topics.DistinctBy(static x => x.Name).Select(topic => context.MayTopic(AclOperation.Alter, topic.Name)
                ? AddPartitions(topic, request.ValidateOnly)
                : new CreatePartitionsResponseResults
                {
                    Name = topic.Name,
                    ErrorCode = ErrorCode.TopicAuthorizationFailed,
                    ErrorMessage = RequestContext.NotAllowed,
                }),
        ],
    };

    public DeleteRecordsResponse DeleteRecords(DeleteRecordsRequest request, RequestContext context) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => DeleteRecords(topic, context.MayTopic(AclOperation.Delete, topic.Name))),
        ],
    };

    public OffsetForLeaderEpochResponse OffsetForLeaderEpoch(
        OffsetForLeaderEpochRequest request, RequestContext context) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => FindEpochs(topic, context.MayTopic(AclOperation.Describe, topic.Topic))),
        ],
    };

    private OffsetForLeaderEpochResponseTopics FindEpochs(OffsetForLeaderEpochRequestTopics topic, bool allowed) => new()
    {
        Topic = topic.Topic,
        Partitions =
        [
            .. topic.Partitions.Select(x => allowed
                ? FindEpoch(store.GetPartition(topic.Topic, x.Partition), x)
                : NoEpoch(x, ErrorCode.TopicAuthorizationFailed)),
        ],
    };

    private DeleteRecordsResponseTopics DeleteRecords(DeleteRecordsRequestTopics topic, bool allowed) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.Partitions.Select(x => allowed
                ? DeleteRecords(topic.Name, x)
                : new DeleteRecordsResponsePartitions
                {
                    PartitionIndex = x.PartitionIndex,
                    LowWatermark = -1,
                    ErrorCode = ErrorCode.TopicAuthorizationFailed,
                }),
        ],
    };

    /// <summary>The settings of a new topic are for those who may ask for them.</summary>
    private static CreateTopicsResponseTopics HideConfigs(CreateTopicsResponseTopics topic, RequestContext context)
    {
        if (topic.Configs is not null && !context.MaySee(AclOperation.DescribeConfigs, AclResourceType.Topic, topic.Name))
        {
            topic.Configs = null;
            topic.TopicConfigErrorCode = ErrorCode.TopicAuthorizationFailed;
        }

        return topic;
    }

    private static TopicResult InternalTopic(string name) =>
        TopicResult.Failed(ErrorCode.InvalidTopic, $"'{name}' is a topic of the broker's own; clients only read it.");

    private static OffsetForLeaderEpochResponsePartitions FindEpoch(
        PartitionLog? log, OffsetForLeaderEpochRequestPartitions partition)
    {
        if (log is null)
        {
            return NoEpoch(partition, ErrorCode.UnknownTopicOrPartition);
        }

        ErrorCode error = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (error != ErrorCode.None)
        {
            return NoEpoch(partition, error);
        }

        (int epoch, long endOffset) = log.EndOffsetForEpoch(partition.LeaderEpoch);
        return new OffsetForLeaderEpochResponsePartitions
        {
            Partition = partition.Partition,
            LeaderEpoch = epoch,
            EndOffset = endOffset,
        };
    }

    private static OffsetForLeaderEpochResponsePartitions NoEpoch(
        OffsetForLeaderEpochRequestPartitions partition, ErrorCode error) =>
        new() { ErrorCode = error, Partition = partition.Partition };

    private DeleteTopicsResponseResponses Delete(DeleteTopicsRequestTopics wanted, RequestContext context)
    {
        Topic? topic = wanted.Name is { } name ? store.GetTopic(name) : store.GetTopic(wanted.TopicId);
        if ((wanted.Name ?? topic?.Name) is { } named && !context.MayTopic(AclOperation.Delete, named))
        {
            // Nor does who may not describe it learn what it is called, or that it is not there.
            bool shown = wanted.Name is not null || context.MaySee(AclOperation.Describe, AclResourceType.Topic, named);
            return new DeleteTopicsResponseResponses
            {
                Name = shown ? named : null,
                TopicId = wanted.TopicId,
                ErrorCode = ErrorCode.TopicAuthorizationFailed,
                ErrorMessage = RequestContext.NotAllowed,
            };
        }

        if (topic is null)
        {
            ErrorCode unknown = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return new DeleteTopicsResponseResponses { Name = wanted.Name, TopicId = wanted.TopicId, ErrorCode = unknown };
        }

        TopicResult result = topic.IsInternal ? InternalTopic(topic.Name) : store.DeleteTopic(topic.Name);
        return new DeleteTopicsResponseResponses
        {
            Name = topic.Name,
            TopicId = topic.Id,
            ErrorCode = result.Error,
            ErrorMessage = result.Message,
        };
    }

    private CreatePartitionsResponseResults AddPartitions(CreatePartitionsRequestTopics topic, bool validateOnly)
    {
        if (topic.Assignments is { } assignments && !assignments.All(x => x.BrokerIds.Length == 1 && x.BrokerIds[0] == nodeId))
        {
            return new CreatePartitionsResponseResults
            {
                Name = topic.Name,
                ErrorCode = ErrorCode.InvalidReplicaAssignment,
                ErrorMessage = $"Partitions can only be assigned to broker {nodeId}.",
            };
        }

        TopicResult result = TopicNames.IsInternal(topic.Name)
            ? InternalTopic(topic.Name)
            : store.AddPartitions(topic.Name, topic.Count, validateOnly);
        return new CreatePartitionsResponseResults
        {
            Name = topic.Name,
            ErrorCode = result.Error,
            ErrorMessage = result.Message,
        };
    }

    private DeleteRecordsResponsePartitions DeleteRecords(string topic, DeleteRecordsRequestPartitions partition)
    {
        DeleteRecordsResponsePartitions answer = new() { PartitionIndex = partition.PartitionIndex, LowWatermark = -1 };
        if (store.GetPartition(topic, partition.PartitionIndex) is not { } log)
        {
            answer.ErrorCode = ErrorCode.UnknownTopicOrPartition;
            return answer;
        }

        if (TopicNames.IsInternal(topic))
        {
            answer.ErrorCode = ErrorCode.InvalidTopic;
            return answer;
        }

        if (!log.Options.DeletesByRetention)
        {
            // What is only compacted keeps the last record of every key; Apache Kafka refuses it as well.
            answer.ErrorCode = ErrorCode.PolicyViolation;
            return answer;
        }

        answer.ErrorCode = log.DeleteRecordsBefore(partition.Offset, out long lowWatermark);
        answer.LowWatermark = lowWatermark;
        return answer;
    }
}
