using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Says which topics there are and that this broker leads all of them; creates unknown ones if allowed.</summary>
internal sealed class MetadataHandler(
    TopicStore topics, WorkThread administration, int nodeId, string clusterId, bool autoCreate, int defaultPartitions)
{
    /// <summary>The topics that one request may create. Who asks for more asks again, and gets the next.</summary>
    private const int MostCreated = 100;

    /// <summary>First version in which a topic that is asked for by its id may have no name.</summary>
    private const short NullNameFrom = 12;

    private readonly int[] _replicas = [nodeId];

    /// <summary>Answers at once, but where a topic is to be created: that is the administration's.</summary>
    public ValueTask<IResponse?> HandleAsync(MetadataRequest request, RequestContext context)
    {
        bool creates = autoCreate && request.AllowAutoTopicCreation
            && (request.Topics ?? []).Any(x => x.Name is { } name && topics.GetTopic(name) is null && TopicNames.Problem(name) is null);
        return creates
            ? new ValueTask<IResponse?>(administration.RunAsync<IResponse?>(() => Handle(request, context)))
            : new ValueTask<IResponse?>(Handle(request, context));
    }

    private MetadataResponse Handle(MetadataRequest request, RequestContext context)
    {
        short version = context.Version;
        MetadataBroker self = context.Connection.Self;
        // Version 0 cannot say null: none means all there.
        bool all = request.Topics is null || (version == 0 && request.Topics.Length == 0);
        int created = 0;
        MetadataResponseTopics[] found = all
            ? [.. topics.Topics.Where(x => context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Name))
                .OrderBy(static x => x.Name, StringComparer.Ordinal).Select(Describe)]
            : [.. request.Topics!.Distinct().Select(x => Find(x, request.AllowAutoTopicCreation, context, ref created))];
        if (request.IncludeTopicAuthorizedOperations)
        {
            AddOperations(found, context);
        }

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
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations
                ? AuthorizedOperations.OfBroker(context)
                : AuthorizedOperations.NotAsked,
        };
    }

    private static void AddOperations(MetadataResponseTopics[] found, RequestContext context)
    {
        foreach (ref MetadataResponseTopics topic in found.AsSpan())
        {
            if (topic is { ErrorCode: ErrorCode.None, Name: { } name })
            {
                topic.TopicAuthorizedOperations = AuthorizedOperations.OfTopic(name, context);
            }
        }
    }

    private MetadataResponseTopics Find(MetadataRequestTopics wanted, bool mayCreate, RequestContext context, ref int created)
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

        if (!autoCreate || !mayCreate || created >= MostCreated || TopicNames.IsInternal(name))
        {
            return Failed(ErrorCode.UnknownTopicOrPartition, name, Guid.Empty);
        }

        created++;
        return TopicAdminHandler.MayCreate(name, context) ? Create(name) : Failed(ErrorCode.TopicAuthorizationFailed, name, Guid.Empty);
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
                LeaderId = nodeId,
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
