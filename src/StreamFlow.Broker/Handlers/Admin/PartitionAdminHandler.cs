using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Where partitions lie and who leads them: on one node always here. What a cluster would move is answered as by a cluster in
/// which everything is in its place.
/// </summary>
internal sealed class PartitionAdminHandler(TopicStore store, int nodeId, string dataDirectory)
{
    /// <summary>The data directory, the room on its disk and the sizes of the partitions that are asked for; of all when none are named.</summary>
    public DescribeLogDirsResponse DescribeLogDirs(DescribeLogDirsRequest request, RequestContext context)
    {
        if (!context.MayCluster(AclOperation.Describe))
        {
            return new DescribeLogDirsResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        }

        (long total, long usable) = Room();
        IEnumerable<DescribeLogDirsResponseTopics> topics = request.Topics is null
            ? store.Topics.OrderBy(static topic => topic.Name, StringComparer.Ordinal).Select(static topic => SizesOf(topic, null))
            : request.Topics.DistinctBy(static x => x.Topic).Select(asked => store.GetTopic(asked.Topic) is { } topic ? SizesOf(topic, asked.Partitions) : default)
                .Where(static topic => topic.Name is { Length: > 0 });
        return new DescribeLogDirsResponse
        {
            Results = [new DescribeLogDirsResponseResults { LogDir = dataDirectory, Topics = [.. topics], TotalBytes = total, UsableBytes = usable }],
        };
    }

    /// <summary>Accepts the directory that replicas are in already; there is no other.</summary>
    public AlterReplicaLogDirsResponse AlterReplicaLogDirs(AlterReplicaLogDirsRequest request, RequestContext context) => new()
    {
        Results =
        [
            .. from mayAlter in new[] { context.MayCluster(AclOperation.Alter) }
               from asked in request.Dirs
               from topic in asked.Topics
               group (MayAlter: mayAlter, asked.Path, topic.Partitions) by topic.Name into byTopic
               select new AlterReplicaLogDirsResponseResults
               {
                   TopicName = byTopic.Key,
                   Partitions =
                   [
                       .. from move in byTopic
                          from partition in move.Partitions
                          select new AlterReplicaLogDirsResponsePartitions
                          {
                              PartitionIndex = partition,
                              ErrorCode = !move.MayAlter ? ErrorCode.ClusterAuthorizationFailed
                                  : move.Path != dataDirectory ? ErrorCode.LogDirNotFound
                                  : store.GetPartition(byTopic.Key, partition) is null ? ErrorCode.UnknownTopicOrPartition
                                  : ErrorCode.None,
                          },
                   ],
               },
        ],
    };

    /// <summary>No election is needed where one broker leads everything; for all partitions at once that is said by an empty answer.</summary>
    public ElectLeadersResponse ElectLeaders(ElectLeadersRequest request, RequestContext context) => !context.MayCluster(AclOperation.Alter)
        ? new() { ErrorCode = context.Version == 0 ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed }
        : new()
    {
        ReplicaElectionResults =
        [
            .. (request.TopicPartitions ?? []).Select(topic => new ElectLeadersResponseReplicaElectionResults
            {
                Topic = topic.Topic,
                PartitionResult = [.. topic.Partitions.Select(partition => Elected(topic.Topic, partition))],
            }),
        ],
    };

    /// <summary>Accepts the replicas that there are; a cancellation finds nothing to cancel.</summary>
    public AlterPartitionReassignmentsResponse AlterReassignments(AlterPartitionReassignmentsRequest request, RequestContext context) => !context.MayCluster(AclOperation.Alter)
        ? new() { ErrorCode = ErrorCode.ClusterAuthorizationFailed }
        : new()
    {
        AllowReplicationFactorChange = request.AllowReplicationFactorChange,
        ErrorMessage = null,
        Responses =
        [
            .. request.Topics.Select(topic => new AlterPartitionReassignmentsResponseResponses
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => Reassigned(topic.Name, partition))],
            }),
        ],
    };

    /// <summary>Nothing is ever on its way elsewhere.</summary>
    public static ListPartitionReassignmentsResponse ListReassignments(RequestContext context) => new()
    {
        ErrorCode = context.MayCluster(AclOperation.Describe) ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed,
        ErrorMessage = null,
    };

    private static DescribeLogDirsResponseTopics SizesOf(Topic topic, int[]? partitions) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.Partitions.Select(static (log, number) => (Log: log, Number: number))
                .Where(partition => partitions is null || partitions.Contains(partition.Number))
                .Select(static partition => new DescribeLogDirsResponsePartitions
                {
                    PartitionIndex = partition.Number,
                    PartitionSize = partition.Log.SizeInBytes,
                }),
        ],
    };

    private ElectLeadersResponsePartitionResult Elected(string topic, int partition)
    {
        bool isKnown = store.GetPartition(topic, partition) is not null;
        return new ElectLeadersResponsePartitionResult
        {
            PartitionId = partition,
            ErrorCode = isKnown ? ErrorCode.ElectionNotNeeded : ErrorCode.UnknownTopicOrPartition,
            ErrorMessage = isKnown
                ? $"Broker {nodeId} leads {topic}-{partition} already."
                : $"There is no partition {partition} of a topic '{topic}'.",
        };
    }

    private AlterPartitionReassignmentsResponsePartitions Reassigned(string topic, AlterPartitionReassignmentsRequestPartitions asked)
    {
        (ErrorCode error, string? message) = (store.GetPartition(topic, asked.PartitionIndex), asked.Replicas) switch
        {
            (null, _) => (ErrorCode.UnknownTopicOrPartition, $"There is no partition {asked.PartitionIndex} of a topic '{topic}'."),
            (_, null) => (ErrorCode.NoReassignmentInProgress, $"{topic}-{asked.PartitionIndex} is not being reassigned."),
            (_, [var replica]) when replica == nodeId => (ErrorCode.None, (string?)null),
            _ => (
                ErrorCode.InvalidReplicaAssignment,
                $"The only replica that {topic}-{asked.PartitionIndex} can have is broker {nodeId}; there is no other."),
        };
        return new AlterPartitionReassignmentsResponsePartitions
        {
            PartitionIndex = asked.PartitionIndex,
            ErrorCode = error,
            ErrorMessage = message,
        };
    }

    /// <summary>The size of the disk and what is free on it; -1 where the system does not say.</summary>
    private (long Total, long Usable) Room()
    {
        try
        {
            DriveInfo drive = new(dataDirectory);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (-1, -1);
        }
    }
}
