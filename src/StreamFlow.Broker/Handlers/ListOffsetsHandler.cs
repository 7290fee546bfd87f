using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Looks up offsets by position (earliest, latest) or by timestamp.</summary>
internal sealed class ListOffsetsHandler(TopicStore topics)
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3;
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;
    private const long EarliestPendingUpload = -6;
    private const short MaxTimestampFrom = 7;
    private const short EarliestLocalFrom = 8;
    private const short LatestTieredFrom = 9;
    private const short EarliestPendingUploadFrom = 11;

    public ListOffsetsResponse Handle(ListOffsetsRequest request, short version)
    {
        DecompressionBudget budget = new();
        HashSet<(string, int)> repeated = Repeated(request);
        ListOffsetsTopicResult[] results = new ListOffsetsTopicResult[request.Topics.Length];
        for (int i = 0; i < results.Length; i++)
        {
            ListOffsetsTopic topic = request.Topics[i];
            ListOffsetsPartitionResult[] partitions = new ListOffsetsPartitionResult[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                PartitionLog? log = topics.GetPartition(topic.Name, topic.Partitions[j].Index);
                partitions[j] = repeated.Contains((topic.Name, topic.Partitions[j].Index))
                    ? Failed(topic.Partitions[j].Index, ErrorCode.InvalidRequest)
                    : Find(log, topic.Partitions[j], request.ReadCommitted, version, budget);
            }

            results[i] = new ListOffsetsTopicResult(topic.Name, partitions);
        }

        return new ListOffsetsResponse(results);
    }

    /// <summary>The partitions a request names more than once, which is an error as Apache Kafka sees it.</summary>
    private static HashSet<(string Topic, int Partition)> Repeated(ListOffsetsRequest request)
    {
        HashSet<(string, int)> seen = [], repeated = [];
        foreach (ListOffsetsTopic topic in request.Topics)
        {
            foreach (ListOffsetsPartition partition in topic.Partitions)
            {
                if (!seen.Add((topic.Name, partition.Index)))
                {
                    repeated.Add((topic.Name, partition.Index));
                }
            }
        }

        return repeated;
    }

    private static ListOffsetsPartitionResult Find(
        PartitionLog? log, ListOffsetsPartition partition, bool readCommitted, short version, DecompressionBudget budget)
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

        try
        {
            return FindIn(log, partition, readCommitted, version, budget);
        }
        catch (CompressionLimitException)
        {
            // What it asked for costs more than one request may; whoever asks again asks for what is left.
            return Failed(partition.Index, ErrorCode.RequestTimedOut);
        }
    }

    private static ListOffsetsPartitionResult FindIn(
        PartitionLog log, ListOffsetsPartition partition, bool readCommitted, short version, DecompressionBudget budget)
    {
        long end = readCommitted ? log.LastStableOffset : log.HighWatermark;
        switch (partition.Timestamp)
        {
            case Latest:
                return Found(partition.Index, new TimestampOffset(end, -1, log.LeaderEpoch));
            case Earliest:
            case EarliestLocal when version >= EarliestLocalFrom:
                return Found(partition.Index, new TimestampOffset(log.LogStartOffset, -1, log.LeaderEpoch));
            case MaxTimestamp when version >= MaxTimestampFrom:
                return Found(partition.Index, log.OffsetOfMaxTimestamp(budget));
            case LatestTiered when version >= LatestTieredFrom:
            case EarliestPendingUpload when version >= EarliestPendingUploadFrom:
                // There is no tiered storage: nothing was moved there and nothing is waiting to be.
                return Found(partition.Index, TimestampOffset.None);
            case < 0:
                return Failed(partition.Index, ErrorCode.UnsupportedVersion);
            default:
                return Found(partition.Index, log.OffsetForTimestamp(partition.Timestamp, readCommitted, budget));
        }
    }

    private static ListOffsetsPartitionResult Found(int index, TimestampOffset found) =>
        new(index, ErrorCode.None, found.Timestamp, found.Offset, found.LeaderEpoch);

    private static ListOffsetsPartitionResult Failed(int index, ErrorCode error) => new(index, error, -1, -1, -1);
}
