using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>
/// What a client may do with something, as a set of bits by the numbers of the operations (KIP-430). Without rules that is
/// everything that can be done to its kind, as Apache Kafka's AclEntry lists it.
/// </summary>
internal static class AuthorizedOperations
{
    private static readonly AclOperation[] OfTopics =
    [
        AclOperation.Read, AclOperation.Write, AclOperation.Create, AclOperation.Delete, AclOperation.Alter,
        AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
    ];

    private static readonly AclOperation[] OfGroups =
    [
        AclOperation.Read, AclOperation.Delete, AclOperation.Describe, AclOperation.DescribeConfigs, AclOperation.AlterConfigs,
    ];

    private static readonly AclOperation[] OfCluster =
    [
        AclOperation.Create, AclOperation.Alter, AclOperation.Describe, AclOperation.ClusterAction,
        AclOperation.DescribeConfigs, AclOperation.AlterConfigs, AclOperation.IdempotentWrite,
    ];

    /// <summary>What an answer says where nobody asked, or where there is nothing to say it of.</summary>
    public const int NotAsked = int.MinValue;

    public static int OfTopic(string name, RequestContext context) => Of(OfTopics, AclResourceType.Topic, name, context);

    public static int OfGroup(string group, RequestContext context) => Of(OfGroups, AclResourceType.Group, group, context);

    /// <summary>Of the broker as a whole: nothing for whom may not describe it.</summary>
    public static int OfBroker(RequestContext context) =>
        context.MaySee(AclOperation.Describe, AclResourceType.Cluster, AclBinding.ClusterName)
            ? Of(OfCluster, AclResourceType.Cluster, AclBinding.ClusterName, context)
            : 0;

    private static int Of(AclOperation[] operations, AclResourceType type, string name, RequestContext context)
    {
        int bits = 0;
        foreach (AclOperation operation in operations)
        {
            bits |= context.MaySee(operation, type, name) ? 1 << (int)operation : 0;
        }

        return bits;
    }
}
