using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Looks up offsets by position (earliest, latest) or by timestamp.</summary>
internal sealed class ListOffsetsHandler(TopicStore topics)
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const short MaxTimestampFrom = 7;

    public ListOffsetsResponse Handle(ListOffsetsRequest request, RequestContext context)
    {
        ListOffsetsTopicResult[] results = new ListOffsetsTopicResult[request.Topics.Length];
        for (int i = 0; i < results.Length; i++)
        {
            ListOffsetsTopic topic = request.Topics[i];
            ListOffsetsPartitionResult[] partitions = new ListOffsetsPartitionResult[topic.Partitions.Length];
            bool allowed = context.MayTopic(AclOperation.Describe, topic.Name);
            for (int j = 0; j < partitions.Length; j++)
            {
                if (!allowed)
                {
                    partitions[j] = Failed(topic.Partitions[j].Index, ErrorCode.TopicAuthorizationFailed);
                    continue;
                }

                PartitionLog? log = topics.GetPartition(topic.Name, topic.Partitions[j].Index);
                partitions[j] = Find(log, topic.Partitions[j], request.ReadCommitted, context.Version);
            }

            results[i] = new ListOffsetsTopicResult(topic.Name, partitions);
        }

        return new ListOffsetsResponse(results);
    }

    private static ListOffsetsPartitionResult Find(
        PartitionLog? log, ListOffsetsPartition partition, bool readCommitted, short version)
    {
        if (log is null || log.IsClosed)
        {
            return Failed(partition.Index, ErrorCode.UnknownTopicOrPartition);
        }

        if (log.IsOffline)
        {
            // What it knows of its end may be as wrong as the disk.
            return Failed(partition.Index, ErrorCode.KafkaStorageError);
        }

        ErrorCode error = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (error != ErrorCode.None)
        {
            return Failed(partition.Index, error);
        }

        long end = readCommitted ? log.LastStableOffset : log.HighWatermark;
        switch (partition.Timestamp)
        {
            case Latest:
                return Found(partition.Index, new TimestampOffset(end, -1, log.LeaderEpoch));
            case Earliest:
                return Found(partition.Index, new TimestampOffset(log.LogStartOffset, -1, log.LeaderEpoch));
            case MaxTimestamp when version >= MaxTimestampFrom:
                return Found(partition.Index, log.OffsetOfMaxTimestamp());
            case < 0:
                return Failed(partition.Index, ErrorCode.UnsupportedVersion);
            default:
                return Found(partition.Index, log.OffsetForTimestamp(partition.Timestamp, readCommitted));
        }
    }

    private static ListOffsetsPartitionResult Found(int index, TimestampOffset found) =>
        new(index, ErrorCode.None, found.Timestamp, found.Offset, found.LeaderEpoch);

    private static ListOffsetsPartitionResult Failed(int index, ErrorCode error) => new(index, error, -1, -1, -1);
}
