using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Looks up offsets by position (earliest, latest) or by timestamp.</summary>
internal sealed class ListOffsetsHandler(TopicStore topics)
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const short MaxTimestampFrom = 7;
    private const short LeaderEpochFrom = 4;

    public ListOffsetsResponse Handle(ListOffsetsRequest request, RequestContext context)
    {
        short version = context.Version;
        ListOffsetsResponseTopics[] results = new ListOffsetsResponseTopics[request.Topics.Length];
        bool readCommitted = request.IsolationLevel != 0;
        for (int i = 0; i < results.Length; i++)
        {
            ref ListOffsetsRequestTopics topic = ref request.Topics[i];
            ListOffsetsResponsePartitions[] partitions = new ListOffsetsResponsePartitions[topic.Partitions.Length];
            bool allowed = context.MayTopic(AclOperation.Describe, topic.Name);
            for (int j = 0; j < partitions.Length; j++)
            {
                PartitionLog? log = topics.GetPartition(topic.Name, topic.Partitions[j].PartitionIndex);
                partitions[j] = allowed
                    ? Find(log, topic.Partitions[j], readCommitted, version)
                    : Failed(topic.Partitions[j].PartitionIndex, ErrorCode.TopicAuthorizationFailed);
                if (version < LeaderEpochFrom)
                {
                    partitions[j].LeaderEpoch = -1;
                }
            }

            results[i] = new ListOffsetsResponseTopics { Name = topic.Name, Partitions = partitions };
        }

        return new ListOffsetsResponse { Topics = results };
    }

    private static ListOffsetsResponsePartitions Find(
        PartitionLog? log, in ListOffsetsRequestPartitions partition, bool readCommitted, short version)
    {
        if (log is null || log.IsClosed)
        {
            return Failed(partition.PartitionIndex, ErrorCode.UnknownTopicOrPartition);
        }

        if (log.IsOffline)
        {
            // What it knows of its end may be as wrong as the disk.
            return Failed(partition.PartitionIndex, ErrorCode.KafkaStorageError);
        }

        ErrorCode error = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (error != ErrorCode.None)
        {
            return Failed(partition.PartitionIndex, error);
        }

        long end = readCommitted ? log.LastStableOffset : log.HighWatermark;
        switch (partition.Timestamp)
        {
            case Latest:
                return Found(partition.PartitionIndex, new TimestampOffset(end, -1, log.LeaderEpoch));
            case Earliest:
                return Found(partition.PartitionIndex, new TimestampOffset(log.LogStartOffset, -1, log.LeaderEpoch));
            case MaxTimestamp when version >= MaxTimestampFrom:
                return Found(partition.PartitionIndex, log.OffsetOfMaxTimestamp());
            case < 0:
                return Failed(partition.PartitionIndex, ErrorCode.UnsupportedVersion);
            default:
                return Found(partition.PartitionIndex, log.OffsetForTimestamp(partition.Timestamp, readCommitted));
        }
    }

    private static ListOffsetsResponsePartitions Found(int index, TimestampOffset found) => new()
    {
        PartitionIndex = index,
        Timestamp = found.Timestamp,
        Offset = found.Offset,
        LeaderEpoch = found.LeaderEpoch,
    };

    private static ListOffsetsResponsePartitions Failed(int index, ErrorCode error) =>
        new() { PartitionIndex = index, ErrorCode = error };
}
