using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Says which topics there are and that this broker leads all of them; creates unknown ones if allowed.</summary>
internal sealed class MetadataHandler(
    TopicStore topics, string clusterId, bool autoCreate, int defaultPartitions)
{
    public MetadataResponse Handle(MetadataRequest request, MetadataBroker self)
    {
        MetadataTopic[] found = request.Topics is null
            ? [.. topics.Topics.OrderBy(static x => x.Name, StringComparer.Ordinal).Select(Describe)]
            : [.. request.Topics.Select(x => Find(x, request.AllowAutoTopicCreation))];
        return new MetadataResponse(self, clusterId, found);
    }

    private MetadataTopic Find(MetadataRequestTopic wanted, bool mayCreate)
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

    private MetadataTopic Create(string name)
    {
        TopicResult created = topics.CreateTopic(name, defaultPartitions);
        if (created.Error == ErrorCode.TopicAlreadyExists && topics.GetTopic(name) is { } madeMeanwhile)
        {
            return Describe(madeMeanwhile);
        }

        return created.IsSuccess ? Describe(created.Topic!) : Failed(created.Error, name, Guid.Empty);
    }

    private static MetadataTopic Describe(Topic topic)
    {
        IReadOnlyList<PartitionLog> logs = topic.Partitions;
        MetadataPartition[] partitions = new MetadataPartition[logs.Count];
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i] = new MetadataPartition(i, logs[i].LeaderEpoch);
        }

        return new MetadataTopic(ErrorCode.None, topic.Name, topic.Id, topic.IsInternal, partitions);
    }

    private static MetadataTopic Failed(ErrorCode error, string? name, Guid id) => new(error, name, id, false, []);
}
