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
    private const long EarliestLocal = -4;
    private const long LatestTiered = -5;
    private const long EarliestPendingUpload = -6;
    private const short LeaderEpochFrom = 4;
    private const short MaxTimestampFrom = 7;
    private const short EarliestLocalFrom = 8;
    private const short LatestTieredFrom = 9;
    private const short EarliestPendingUploadFrom = 11;

    public ListOffsetsResponse Handle(ListOffsetsRequest request, RequestContext context)
    {
        short version = context.Version;
        DecompressionBudget budget = new();
        HashSet<(string, int)> repeated = Repeated(request);
        ListOffsetsResponseTopics[] results = new ListOffsetsResponseTopics[request.Topics.Length];
        for (int i = 0; i < results.Length; i++)
        {
            ListOffsetsRequestTopics topic = request.Topics[i];
            ListOffsetsResponsePartitions[] partitions = new ListOffsetsResponsePartitions[topic.Partitions.Length];
            bool allowed = context.MayTopic(AclOperation.Describe, topic.Name);
            for (int j = 0; j < partitions.Length; j++)
            {
                PartitionLog? log = topics.GetPartition(topic.Name, topic.Partitions[j].PartitionIndex);
                int index = topic.Partitions[j].PartitionIndex;
                partitions[j] = !allowed ? Failed(index, ErrorCode.TopicAuthorizationFailed)
                    : repeated.Contains((topic.Name, index)) ? Failed(index, ErrorCode.InvalidRequest)
                    : Find(log, topic.Partitions[j], request.IsolationLevel != 0, version, budget);
            }

            if (version < LeaderEpochFrom)
            {
                foreach (ref ListOffsetsResponsePartitions partition in partitions.AsSpan())
                {
                    partition.LeaderEpoch = -1;
                }
            }

            results[i] = new ListOffsetsResponseTopics { Name = topic.Name, Partitions = partitions };
        }

        return new ListOffsetsResponse { Topics = results };
    }

    /// <summary>The partitions a request names more than once, which is an error as Apache Kafka sees it.</summary>
    private static HashSet<(string Topic, int Partition)> Repeated(ListOffsetsRequest request)
    {
        HashSet<(string, int)> seen = [], repeated = [];
        foreach (ListOffsetsRequestTopics topic in request.Topics)
        {
            foreach (ListOffsetsRequestPartitions partition in topic.Partitions)
            {
                if (!seen.Add((topic.Name, partition.PartitionIndex)))
                {
                    repeated.Add((topic.Name, partition.PartitionIndex));
                }
            }
        }

        return repeated;
    }

    private static ListOffsetsResponsePartitions Find(
        PartitionLog? log, ListOffsetsRequestPartitions partition, bool readCommitted, short version, DecompressionBudget budget)
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

        try
        {
            return FindIn(log, partition, readCommitted, version, budget);
        }
        catch (CompressionLimitException)
        {
            // What it asked for costs more than one request may; whoever asks again asks for what is left.
            return Failed(partition.PartitionIndex, ErrorCode.RequestTimedOut);
        }
    }

    private static ListOffsetsResponsePartitions FindIn(
        PartitionLog log, ListOffsetsRequestPartitions partition, bool readCommitted, short version, DecompressionBudget budget)
    {
        long end = readCommitted ? log.LastStableOffset : log.HighWatermark;
        switch (partition.Timestamp)
        {
            case Latest:
                return Found(partition.PartitionIndex, new TimestampOffset(end, -1, log.LeaderEpoch));
            case Earliest:
            case EarliestLocal when version >= EarliestLocalFrom:
                return Found(partition.PartitionIndex, new TimestampOffset(log.LogStartOffset, -1, log.LeaderEpoch));
            case MaxTimestamp when version >= MaxTimestampFrom:
                return Found(partition.PartitionIndex, log.OffsetOfMaxTimestamp(budget));
            case LatestTiered when version >= LatestTieredFrom:
            case EarliestPendingUpload when version >= EarliestPendingUploadFrom:
                // There is no tiered storage: nothing was moved there and nothing is waiting to be.
                return Found(partition.PartitionIndex, TimestampOffset.None);
            case < 0:
                return Failed(partition.PartitionIndex, ErrorCode.UnsupportedVersion);
            default:
                return Found(partition.PartitionIndex, log.OffsetForTimestamp(partition.Timestamp, readCommitted, budget));
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
