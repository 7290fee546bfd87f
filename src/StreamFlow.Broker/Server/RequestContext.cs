using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>The header of a request, for handlers whose answer depends on it, and what its sender may do.</summary>
internal readonly record struct RequestContext(ConnectionContext Connection, short Version, string ClientId)
{
    /// <summary>What somebody is told who may not do what they ask for, where an answer has room for a sentence.</summary>
    public const string NotAllowed = "Authorization failed.";

    /// <summary>What is asked for.</summary>
    public ApiKey Api { get; init; }

    /// <summary>Whether anybody may be refused anything.</summary>
    public bool IsOpen => Connection.Access is null;

    /// <summary>Whether the sender may do something; a refusal is written down.</summary>
    public bool May(AclOperation operation, AclResourceType type, string name) =>
        Connection.Access is not { } access || access.May(Connection.Caller, Api, operation, type, name);

    /// <summary>As <see cref="May"/>, of something that is merely left out, or allowed in another way, where it may not be.</summary>
    public bool MaySee(AclOperation operation, AclResourceType type, string name) =>
        Connection.Access is not { } access || access.Authorizer.Allows(Connection.Caller, operation, type, name);

    /// <summary>Whether the sender may do something to the broker as a whole.</summary>
    public bool MayCluster(AclOperation operation) => May(operation, AclResourceType.Cluster, AclBinding.ClusterName);

    public bool MayTopic(AclOperation operation, string name) => May(operation, AclResourceType.Topic, name);

    public bool MayGroup(AclOperation operation, string name) => May(operation, AclResourceType.Group, name);

    public bool MayTransact(AclOperation operation, string id) => May(operation, AclResourceType.TransactionalId, id);
}
