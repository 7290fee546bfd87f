using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Creates, grows, trims and deletes topics.</summary>
internal sealed class TopicAdminHandler(
    TopicStore store, int nodeId, int defaultPartitions, bool acceptAnyReplicationFactor)
{
    private const int UseDefault = -1;
    private const string NotAllowed = "Authorization failed.";

    public CreateTopicsResponse Create(CreateTopicsRequest request, RequestContext context)
    {
        HashSet<string> twice = [.. request.Topics.GroupBy(static x => x.Name).Where(static x => x.Skip(1).Any())
            .Select(static x => x.Key)];
        return new CreateTopicsResponse([.. request.Topics.Select(topic => twice.Contains(topic.Name)
            ? new CreatedTopic(topic.Name, ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is listed more than once.")
            : MayCreate(topic.Name, context)
                ? HideConfigs(Create(topic, request.ValidateOnly), context)
                : new CreatedTopic(topic.Name, ErrorCode.TopicAuthorizationFailed, NotAllowed))]);
    }

    /// <summary>Who may create anything in the cluster may create this; otherwise it takes a right of its own.</summary>
    public static bool MayCreate(string topic, RequestContext context) =>
        context.MaySee(AclOperation.Create, AclResourceType.Cluster, AclBinding.ClusterName)
        || context.MayTopic(AclOperation.Create, topic);

    public DeleteTopicsResponse Delete(DeleteTopicsRequest request, RequestContext context) =>
        new([.. request.Topics.Select(topic => Delete(topic, context))]);

    public CreatePartitionsResponse AddPartitions(CreatePartitionsRequest request, RequestContext context) =>
        new([.. request.Topics.Select(topic => context.MayTopic(AclOperation.Alter, topic.Name)
            ? AddPartitions(topic, request.ValidateOnly)
            : new NamedResult(topic.Name, ErrorCode.TopicAuthorizationFailed, NotAllowed))]);

    public DeleteRecordsResponse DeleteRecords(DeleteRecordsRequest request, RequestContext context) =>
        new([.. request.Topics.Select(topic => DeleteRecords(topic, context.MayTopic(AclOperation.Delete, topic.Name)))]);

    public OffsetForLeaderEpochResponse OffsetForLeaderEpoch(
        OffsetForLeaderEpochRequest request, RequestContext context) =>
        new([.. request.Topics.Select(topic => FindEpochs(topic, context.MayTopic(AclOperation.Describe, topic.Name)))]);

    private EpochTopicResult FindEpochs(EpochTopic topic, bool allowed) => new(
        topic.Name,
        [.. topic.Partitions.Select(x => allowed
            ? FindEpoch(store.GetPartition(topic.Name, x.Index), x)
            : new EpochPartitionResult(ErrorCode.TopicAuthorizationFailed, x.Index, -1, -1))]);

    private DeleteRecordsTopicResult DeleteRecords(DeleteRecordsTopic topic, bool allowed) => new(
        topic.Name,
        [.. topic.Partitions.Select(x => allowed
            ? DeleteRecords(topic.Name, x)
            : new DeleteRecordsPartitionResult(x.Index, -1, ErrorCode.TopicAuthorizationFailed))]);

    /// <summary>The settings of a new topic are for those who may ask for them.</summary>
    private static CreatedTopic HideConfigs(CreatedTopic topic, RequestContext context) =>
        topic.Configs is null || context.MaySee(AclOperation.DescribeConfigs, AclResourceType.Topic, topic.Name)
            ? topic
            : topic with { Configs = null, ConfigsError = ErrorCode.TopicAuthorizationFailed };

    private static TopicResult InternalTopic(string name) =>
        TopicResult.Failed(ErrorCode.InvalidTopic, $"'{name}' is a topic of the broker's own; clients only read it.");

    private static EpochPartitionResult FindEpoch(PartitionLog? log, EpochPartition partition)
    {
        if (log is null)
        {
            return new EpochPartitionResult(ErrorCode.UnknownTopicOrPartition, partition.Index, -1, -1);
        }

        ErrorCode error = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (error != ErrorCode.None)
        {
            return new EpochPartitionResult(error, partition.Index, -1, -1);
        }

        (int epoch, long endOffset) = log.EndOffsetForEpoch(partition.LeaderEpoch);
        return new EpochPartitionResult(ErrorCode.None, partition.Index, epoch, endOffset);
    }

    private CreatedTopic Create(CreatableTopic topic, bool validateOnly)
    {
        (ErrorCode error, string? message, int partitions) = CountPartitions(topic);
        if (error != ErrorCode.None)
        {
            return new CreatedTopic(topic.Name, error, message);
        }

        Dictionary<string, string> configs = new(StringComparer.Ordinal);
        foreach (ConfigEntry entry in topic.Configs)
        {
            // Null means "the default" here, as in Kafka.
            if (entry.Value is not null)
            {
                configs[entry.Name] = entry.Value;
            }
        }

        TopicResult result = TopicNames.IsInternal(topic.Name)
            ? InternalTopic(topic.Name)
            : store.CreateTopic(topic.Name, partitions, configs, validateOnly);
        return new CreatedTopic(topic.Name, result.Error, result.Message)
        {
            TopicId = result.Topic?.Id ?? Guid.Empty,
            PartitionCount = result.IsSuccess ? partitions : -1,
            ReplicationFactor = result.IsSuccess ? (short)1 : (short)-1,
            Configs = result.IsSuccess
                ? [.. TopicConfigs.Describe(configs, store.TopicDefaults).Select(static x =>
                    new CreatedTopicConfig(x.Definition.Name, x.Value, !x.IsTopicOverride))]
                : null,
        };
    }

    private (ErrorCode Error, string? Message, int Partitions) CountPartitions(CreatableTopic topic)
    {
        if (topic.Assignments.Length > 0)
        {
            return CountAssigned(topic);
        }

        bool oneReplica = topic.ReplicationFactor is UseDefault or 1;
        if (!oneReplica && !(acceptAnyReplicationFactor && topic.ReplicationFactor > 0))
        {
            return (
                ErrorCode.InvalidReplicationFactor,
                $"Topic '{topic.Name}' asks for {topic.ReplicationFactor} replicas; this broker is alone, ask for 1.",
                0);
        }

        return (ErrorCode.None, null, topic.PartitionCount == UseDefault ? defaultPartitions : topic.PartitionCount);
    }

    private (ErrorCode Error, string? Message, int Partitions) CountAssigned(CreatableTopic topic)
    {
        if (topic.PartitionCount != UseDefault || topic.ReplicationFactor != UseDefault)
        {
            return (
                ErrorCode.InvalidRequest,
                $"Topic '{topic.Name}' has both an assignment and a number of partitions or replicas; give one of them.",
                0);
        }

        bool complete = topic.Assignments.Select(static x => x.PartitionIndex).Order()
            .SequenceEqual(Enumerable.Range(0, topic.Assignments.Length));
        bool here = topic.Assignments.All(x => x.BrokerIds.Length == 1 && x.BrokerIds[0] == nodeId);
        return complete && here
            ? (ErrorCode.None, null, topic.Assignments.Length)
            : (ErrorCode.InvalidReplicaAssignment,
                $"The assignment of '{topic.Name}' must give partitions 0 to {topic.Assignments.Length - 1} to broker {nodeId}.",
                0);
    }

    private DeletedTopic Delete(DeletableTopic wanted, RequestContext context)
    {
        Topic? topic = wanted.Name is { } name ? store.GetTopic(name) : store.GetTopic(wanted.TopicId);
        if ((wanted.Name ?? topic?.Name) is { } named && !context.MayTopic(AclOperation.Delete, named))
        {
            // Nor does who may not describe it learn what it is called, or that it is not there.
            bool shown = wanted.Name is not null || context.MaySee(AclOperation.Describe, AclResourceType.Topic, named);
            return new DeletedTopic(shown ? named : null, wanted.TopicId, ErrorCode.TopicAuthorizationFailed, NotAllowed);
        }

        if (topic is null)
        {
            ErrorCode unknown = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return new DeletedTopic(wanted.Name, wanted.TopicId, unknown, null);
        }

        TopicResult result = topic.IsInternal ? InternalTopic(topic.Name) : store.DeleteTopic(topic.Name);
        return new DeletedTopic(topic.Name, topic.Id, result.Error, result.Message);
    }

    private NamedResult AddPartitions(PartitionIncrease topic, bool validateOnly)
    {
        if (topic.Assignments is { } assignments && !assignments.All(x => x.Length == 1 && x[0] == nodeId))
        {
            return new NamedResult(
                topic.Name, ErrorCode.InvalidReplicaAssignment, $"Partitions can only be assigned to broker {nodeId}.");
        }

        TopicResult result = TopicNames.IsInternal(topic.Name)
            ? InternalTopic(topic.Name)
            : store.AddPartitions(topic.Name, topic.Count, validateOnly);
        return new NamedResult(topic.Name, result.Error, result.Message);
    }

    private DeleteRecordsPartitionResult DeleteRecords(string topic, DeleteRecordsPartition partition)
    {
        if (store.GetPartition(topic, partition.Index) is not { } log)
        {
            return new DeleteRecordsPartitionResult(partition.Index, -1, ErrorCode.UnknownTopicOrPartition);
        }

        if (TopicNames.IsInternal(topic))
        {
            return new DeleteRecordsPartitionResult(partition.Index, -1, ErrorCode.InvalidTopic);
        }

        ErrorCode error = log.DeleteRecordsBefore(partition.Offset, out long lowWatermark);
        return new DeleteRecordsPartitionResult(partition.Index, lowWatermark, error);
    }
}
