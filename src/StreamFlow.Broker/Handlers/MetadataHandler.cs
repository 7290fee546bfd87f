using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Says which topics there are and that this broker leads all of them; creates unknown ones if allowed.</summary>
internal sealed class MetadataHandler(
    TopicStore topics, string clusterId, bool autoCreate, int defaultPartitions)
{
    public MetadataResponse Handle(MetadataRequest request, RequestContext context)
    {
        MetadataTopic[] found = request.Topics is null
            ? [.. topics.Topics.Where(x => context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Name))
                .OrderBy(static x => x.Name, StringComparer.Ordinal).Select(Describe)]
            : [.. request.Topics.Select(x => Find(x, request.AllowAutoTopicCreation, context))];
        return new MetadataResponse(context.Connection.Self, clusterId, found);
    }

    private MetadataTopic Find(MetadataRequestTopic wanted, bool mayCreate, RequestContext context)
    {
        if (wanted.Name is not { } name)
        {
            return topics.GetTopic(wanted.TopicId) is not { } byId ? Failed(ErrorCode.UnknownTopicId, null, wanted.TopicId)
                : context.MayTopic(AclOperation.Describe, byId.Name) ? Describe(byId)
                : Failed(ErrorCode.TopicAuthorizationFailed, null, wanted.TopicId);
        }

        // Who may not describe it does not even learn whether it exists.
        if (!context.MayTopic(AclOperation.Describe, name))
        {
            return Failed(ErrorCode.TopicAuthorizationFailed, name, Guid.Empty);
        }

        if (topics.GetTopic(name) is { } topic)
        {
            return Describe(topic);
        }

        if (TopicNames.Problem(name) is not null)
        {
            return Failed(ErrorCode.InvalidTopic, name, Guid.Empty);
        }

        if (!autoCreate || !mayCreate || TopicNames.IsInternal(name))
        {
            return Failed(ErrorCode.UnknownTopicOrPartition, name, Guid.Empty);
        }

        return TopicAdminHandler.MayCreate(name, context) ? Create(name) : Failed(ErrorCode.TopicAuthorizationFailed, name, Guid.Empty);
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
