using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Serves reads of the log. A fetch that finds less than it asked for waits until a produce wakes it or its time is over.
/// Fetch sessions are not offered: every answer says "no session", upon which clients send full requests.
/// </summary>
internal sealed class FetchHandler(TopicStore topics, TimeProvider time, RecordInstruments measured)
{
    /// <summary>The most one response carries beside its first batch, whatever the client allows (Kafka's default).</summary>
    private const int LargestResponse = 55 * 1024 * 1024;

    public ValueTask<IResponse?> HandleAsync(FetchRequest request, RequestContext context)
    {
        if (request.SessionId != 0)
        {
            return new ValueTask<IResponse?>(new FetchResponse(ErrorCode.FetchSessionIdNotFound, []));
        }

        if (!context.IsOpen)
        {
            ILookup<bool, FetchTopic> allowed = request.Topics.ToLookup(topic => context.MayTopic(AclOperation.Read, topic.Name));
            if (allowed.Contains(false))
            {
                return new ValueTask<IResponse?>(ReadAllowed(request, [.. allowed[true]], allowed[false]));
            }
        }

        PartitionLog?[] logs = FindLogs(request);
        return request.MaxWaitMs <= 0 || logs.Length == 0 || HasEnough(request, logs)
            ? new ValueTask<IResponse?>(Read(request, logs))
            : WaitAndReadAsync(request, logs, context);
    }

    /// <summary>A client that may not read everything it asks for learns so at once.</summary>
    private FetchResponse ReadAllowed(FetchRequest request, FetchTopic[] allowed, IEnumerable<FetchTopic> refused)
    {
        FetchRequest rest = request with { Topics = allowed };
        FetchResponse read = Read(rest, FindLogs(rest));
        return read with
        {
            Topics =
            [
                .. read.Topics,
                .. refused.Select(static topic => new FetchTopicResult(
                    topic.Name,
                    [.. topic.Partitions.Select(static x => Failed(x.Index, ErrorCode.TopicAuthorizationFailed, null))])),
            ],
        };
    }

    private async ValueTask<IResponse?> WaitAndReadAsync(FetchRequest request, PartitionLog?[] logs, RequestContext context)
    {
        TimeSpan longest = TimeSpan.FromMilliseconds(request.MaxWaitMs);
        using (FetchWaiter waiter = new(longest, time, context.Connection))
        {
            foreach (PartitionLog? log in logs)
            {
                waiter.Watch(log!);
            }

            while (!waiter.IsExpired)
            {
                waiter.Arm();
                if (HasEnough(request, logs))
                {
                    break;
                }

                await waiter.WaitAsync().ConfigureAwait(false);
            }
        }

        return Read(request, logs);
    }

    private PartitionLog?[] FindLogs(FetchRequest request)
    {
        PartitionLog?[] logs = new PartitionLog?[request.Topics.Sum(static x => x.Partitions.Length)];
        int at = 0;
        foreach (FetchTopic topic in request.Topics)
        {
            foreach (FetchPartition partition in topic.Partitions)
            {
                logs[at++] = topics.GetPartition(topic.Name, partition.Index);
            }
        }

        return logs;
    }

    /// <summary>Whether the answer is due: enough bytes, or an error that the client should learn of at once.</summary>
    private static bool HasEnough(FetchRequest request, PartitionLog?[] logs)
    {
        long bytes = 0;
        int at = 0;
        foreach (FetchTopic topic in request.Topics)
        {
            foreach (FetchPartition partition in topic.Partitions)
            {
                PartitionLog? log = logs[at++];
                if (Check(log, partition) != ErrorCode.None)
                {
                    return true;
                }

                long available = log!.AvailableBytes(partition.FetchOffset, request.ReadCommitted);
                bytes += Math.Min(available, Math.Max(partition.PartitionMaxBytes, 1));
            }
        }

        return bytes >= request.MinBytes;
    }

    private static ErrorCode Check(PartitionLog? log, FetchPartition partition)
    {
        if (log is null || log.IsClosed)
        {
            return ErrorCode.UnknownTopicOrPartition;
        }

        if (log.IsOffline)
        {
            return ErrorCode.KafkaStorageError;
        }

        ErrorCode epoch = LeaderEpochs.Check(partition.CurrentLeaderEpoch, log);
        if (epoch != ErrorCode.None)
        {
            return epoch;
        }

        return partition.FetchOffset < log.LogStartOffset || partition.FetchOffset > log.LogEndOffset
            ? ErrorCode.OffsetOutOfRange
            : ErrorCode.None;
    }

    private FetchResponse Read(FetchRequest request, PartitionLog?[] logs)
    {
        FetchTopicResult[] results = new FetchTopicResult[request.Topics.Length];
        int budget = Math.Clamp(request.MaxBytes, 0, LargestResponse);
        bool first = true;
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            FetchTopic topic = request.Topics[i];
            FetchPartitionResult[] partitions = new FetchPartitionResult[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                // The first batch of the first partition with data comes whole whatever the limits: a batch larger than
                // them would stop its consumer for ever (KIP-74).
                partitions[j] = ReadPartition(request, topic.Partitions[j], logs[at++], budget, first);
                Count(topic.Name, partitions[j]);
                budget -= Math.Min(budget, partitions[j].RecordsLength);
                first &= partitions[j].RecordsLength == 0;
            }

            results[i] = new FetchTopicResult(topic.Name, partitions);
        }

        return new FetchResponse(ErrorCode.None, results);
    }

    /// <summary>The headers of the batches say how many records they have.</summary>
    private void Count(string topic, in FetchPartitionResult result)
    {
        if (!measured.CountsFetched || result.RecordsLength == 0)
        {
            return;
        }

        long records = 0;
        ReadOnlySpan<byte> rest = result.RentedRecords.AsSpan(0, result.RecordsLength);
        while (BatchHeader.TryRead(rest, out BatchHeader batch) && batch.TotalSize <= rest.Length)
        {
            records += batch.IsControl ? 0 : batch.RecordCount;
            rest = rest[batch.TotalSize..];
        }

        measured.Fetched(topic, records, result.RecordsLength);
    }

    private static FetchPartitionResult ReadPartition(
        FetchRequest request, FetchPartition partition, PartitionLog? log, int budget, bool first)
    {
        ErrorCode error = Check(log, partition);
        if (error != ErrorCode.None)
        {
            return Failed(partition.Index, error, log);
        }

        int limit = Math.Min(budget, Math.Max(partition.PartitionMaxBytes, 0));
        long available = log!.AvailableBytes(partition.FetchOffset, request.ReadCommitted);
        RentedRecords records = new((int)Math.Min(available, limit));
        ReadResult read = log.Read(partition.FetchOffset, limit, first, request.ReadCommitted, records);
        byte[]? rented = records.Take();
        if (read.Error != ErrorCode.None)
        {
            return Failed(partition.Index, read.Error, log);
        }

        return new FetchPartitionResult(partition.Index, ErrorCode.None)
        {
            HighWatermark = read.HighWatermark,
            LastStableOffset = read.LastStableOffset,
            LogStartOffset = read.LogStartOffset,
            Aborted = read.AbortedTransactions,
            RentedRecords = rented,
            RecordsLength = records.Length,
        };
    }

    private static FetchPartitionResult Failed(int index, ErrorCode error, PartitionLog? log) => new(index, error)
    {
        HighWatermark = log?.HighWatermark ?? -1,
        LastStableOffset = log?.LastStableOffset ?? -1,
        LogStartOffset = log?.LogStartOffset ?? -1,
    };
}
