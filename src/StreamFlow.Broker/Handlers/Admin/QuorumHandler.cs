using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// What is asked of the controllers of a cluster: this broker is its only one. It keeps its metadata in a file, not in a log, so
/// that the offsets of that log are those of an empty one.
/// </summary>
/// <param name="nodeId">The number of this broker.</param>
/// <param name="host">Where clients are told to connect to.</param>
/// <param name="port">The port there.</param>
/// <param name="levelOf">The level of a feature; null for one that there is not.</param>
internal sealed class QuorumHandler(int nodeId, string host, int port, Func<string, short?> levelOf)
{
    private const string MetadataTopic = "__cluster_metadata";
    private const int LeaderEpoch = 1;

    /// <summary>The quorum of one; from version 2 on with where it is reached.</summary>
    public DescribeQuorumResponse Describe(DescribeQuorumRequest request, RequestContext context) => !context.MayCluster(AclOperation.Describe)
        ? new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed }
        : new()
    {
        ErrorMessage = null,
        Topics =
        [
            .. request.Topics.Select(topic => new DescribeQuorumResponseTopics
            {
                TopicName = topic.TopicName,
                Partitions = [.. topic.Partitions.Select(partition => Describe(topic.TopicName, partition.PartitionIndex))],
            }),
        ],
        Nodes = context.Version < 2 ? [] :
        [
            new DescribeQuorumResponseNodes
            {
                NodeId = nodeId,
                Listeners = [new DescribeQuorumResponseListeners { Name = "PLAINTEXT", Host = host, Port = (ushort)port }],
            },
        ],
    };

    /// <summary>Levels of features are those of the broker's version; to ask for the ones there are changes nothing.</summary>
    public UpdateFeaturesResponse UpdateFeatures(UpdateFeaturesRequest request, RequestContext context)
    {
        if (!context.MayCluster(AclOperation.Alter))
        {
            return new UpdateFeaturesResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        }

        UpdateFeaturesResponseResults[] results =
        [
            .. request.FeatureUpdates.Select(update =>
            {
                short? level = levelOf(update.Feature);
                (ErrorCode error, string? message) = level is null
                    ? (ErrorCode.InvalidUpdateVersion, $"This broker has no feature '{update.Feature}'.")
                    : level == update.MaxVersionLevel ? (ErrorCode.None, (string?)null)
                    : (ErrorCode.InvalidUpdateVersion,
                        $"The level of feature '{update.Feature}' is {level} and comes with the version of the broker; it cannot be {update.MaxVersionLevel}.");
                return new UpdateFeaturesResponseResults { Feature = update.Feature, ErrorCode = error, ErrorMessage = message };
            }),
        ];

        // From version 2 on one error stands for all of them.
        UpdateFeaturesResponseResults failed = results.FirstOrDefault(static result => result.ErrorCode != ErrorCode.None);
        return context.Version < 2
            ? new UpdateFeaturesResponse { ErrorMessage = null, Results = results }
            : new UpdateFeaturesResponse { ErrorCode = failed.ErrorCode, ErrorMessage = failed.ErrorMessage };
    }

    private DescribeQuorumResponsePartitions Describe(string topic, int partition) =>
        topic == MetadataTopic && partition == 0
            ? new DescribeQuorumResponsePartitions
            {
                PartitionIndex = partition,
                ErrorMessage = null,
                LeaderId = nodeId,
                LeaderEpoch = LeaderEpoch,
                CurrentVoters = [new DescribeQuorumResponseReplicaState { ReplicaId = nodeId }],
            }
            : new DescribeQuorumResponsePartitions
            {
                PartitionIndex = partition,
                ErrorCode = ErrorCode.UnknownTopicOrPartition,
                ErrorMessage = $"Only {MetadataTopic}-0 has a quorum.",
            };
}
