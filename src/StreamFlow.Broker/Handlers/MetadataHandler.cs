using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Says which topics there are and that this broker leads all of them; creates unknown ones if allowed.</summary>
internal sealed class MetadataHandler(
    TopicStore topics, MetadataBroker self, string clusterId, bool autoCreate, int defaultPartitions)
{
    /// <summary>First version in which a topic that is asked for by its id may have no name.</summary>
    private const short NullNameFrom = 12;

    private readonly int[] _replicas = [self.NodeId];

    public MetadataResponse Handle(MetadataRequest request, short version)
    {
        // Version 0 cannot say null: none means all there.
        bool all = request.Topics is null || (version == 0 && request.Topics.Length == 0);
        MetadataResponseTopics[] found = all
            ? [.. topics.Topics.OrderBy(static x => x.Name, StringComparer.Ordinal).Select(Describe)]
            : [.. request.Topics!.Select(x => Find(x, request.AllowAutoTopicCreation))];
        if (version < NullNameFrom)
        {
            foreach (ref MetadataResponseTopics topic in found.AsSpan())
            {
                topic.Name ??= "";
            }
        }

        return new MetadataResponse
        {
            Brokers = [new MetadataResponseBrokers { NodeId = self.NodeId, Host = self.Host, Port = self.Port }],
            ClusterId = clusterId,
            ControllerId = self.NodeId,
            Topics = found,
        };
    }

    private MetadataResponseTopics Find(MetadataRequestTopics wanted, bool mayCreate)
    {
        if (wanted.Name is not { } name)
        {
            return topics.GetTopic(wanted.TopicId) is { } byId
                ? Describe(byId)
                : Failed(ErrorCode.UnknownTopicId, null, wanted.TopicId);
        }

        if (topics.GetTopic(name) is { } topic)
        {
            return Describe(topic);
        }

        if (TopicNames.Problem(name) is not null)
        {
            return Failed(ErrorCode.InvalidTopic, name, Guid.Empty);
        }

        return autoCreate && mayCreate && !TopicNames.IsInternal(name) ? Create(name) : Failed(ErrorCode.UnknownTopicOrPartition, name, Guid.Empty);
    }

    private MetadataResponseTopics Create(string name)
    {
        TopicResult created = topics.CreateTopic(name, defaultPartitions);
        if (created.Error == ErrorCode.TopicAlreadyExists && topics.GetTopic(name) is { } madeMeanwhile)
        {
            return Describe(madeMeanwhile);
        }

        return created.IsSuccess ? Describe(created.Topic!) : Failed(created.Error, name, Guid.Empty);
    }

    private MetadataResponseTopics Describe(Topic topic)
    {
        IReadOnlyList<PartitionLog> logs = topic.Partitions;
        MetadataResponsePartitions[] partitions = new MetadataResponsePartitions[logs.Count];
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i] = new MetadataResponsePartitions
            {
                PartitionIndex = i,
                LeaderId = self.NodeId,
                LeaderEpoch = logs[i].LeaderEpoch,
                ReplicaNodes = _replicas,
                IsrNodes = _replicas,
            };
        }

        return new MetadataResponseTopics
        {
            Name = topic.Name,
            TopicId = topic.Id,
            IsInternal = topic.IsInternal,
            Partitions = partitions,
        };
    }

    private static MetadataResponseTopics Failed(ErrorCode error, string? name, Guid id) =>
        new() { ErrorCode = error, Name = name, TopicId = id };
}
