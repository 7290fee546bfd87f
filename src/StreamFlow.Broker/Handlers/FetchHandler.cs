using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

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
            return new ValueTask<IResponse?>(new FetchResponse { ErrorCode = ErrorCode.FetchSessionIdNotFound });
        }

        if (!context.IsOpen)
        {
            ILookup<bool, FetchRequestTopics> allowed = request.Topics.ToLookup(topic => context.MayTopic(AclOperation.Read, topic.Topic));
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
    private FetchResponse ReadAllowed(FetchRequest request, FetchRequestTopics[] allowed, IEnumerable<FetchRequestTopics> refused)
    {
        request.Topics = allowed;
        FetchResponse read = Read(request, FindLogs(request));
        read.Responses =
        [
            .. read.Responses,
            .. refused.Select(static topic => new FetchResponseResponses
            {
                Topic = topic.Topic,
                Partitions = [.. topic.Partitions.Select(static x => Failed(x.Partition, ErrorCode.TopicAuthorizationFailed, null))],
            }),
        ];
        return read;
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
        foreach (FetchRequestTopics topic in request.Topics)
        {
            foreach (FetchRequestPartitions partition in topic.Partitions)
            {
                logs[at++] = topics.GetPartition(topic.Topic, partition.Partition);
            }
        }

        return logs;
    }

    /// <summary>Whether the answer is due: enough bytes, or an error that the client should learn of at once.</summary>
    private static bool HasEnough(FetchRequest request, PartitionLog?[] logs)
    {
        long bytes = 0;
        int at = 0;
        bool readCommitted = request.IsolationLevel != 0;
        foreach (FetchRequestTopics topic in request.Topics)
        {
            foreach (FetchRequestPartitions partition in topic.Partitions)
            {
                PartitionLog? log = logs[at++];
                if (Check(log, partition) != ErrorCode.None)
                {
                    return true;
                }

                long available = log!.AvailableBytes(partition.FetchOffset, readCommitted);
                bytes += Math.Min(available, Math.Max(partition.PartitionMaxBytes, 1));
            }
        }

        return bytes >= request.MinBytes;
    }

    private static ErrorCode Check(PartitionLog? log, in FetchRequestPartitions partition)
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
        FetchResponseResponses[] results = new FetchResponseResponses[request.Topics.Length];
        int budget = Math.Clamp(request.MaxBytes, 0, LargestResponse);
        bool first = true;
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            ref FetchRequestTopics topic = ref request.Topics[i];
            FetchResponsePartitions[] partitions = new FetchResponsePartitions[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                // The first batch of the first partition with data comes whole whatever the limits: a batch larger than
                // them would stop its consumer for ever (KIP-74).
                partitions[j] = ReadPartition(request, topic.Partitions[j], logs[at++], budget, first);
                ReadOnlySpan<byte> records = partitions[j].Records.Memory.Span;
                Count(topic.Topic, records);
                budget -= Math.Min(budget, records.Length);
                first &= records.IsEmpty;
            }

            results[i] = new FetchResponseResponses { Topic = topic.Topic, Partitions = partitions };
        }

        return new FetchResponse { Responses = results };
    }

    /// <summary>The headers of the batches say how many records they have.</summary>
    private void Count(string topic, ReadOnlySpan<byte> fetched)
    {
        if (!measured.CountsFetched || fetched.IsEmpty)
        {
            return;
        }

        long records = 0;
        ReadOnlySpan<byte> rest = fetched;
        while (BatchHeader.TryRead(rest, out BatchHeader batch) && batch.TotalSize <= rest.Length)
        {
            records += batch.IsControl ? 0 : batch.RecordCount;
            rest = rest[batch.TotalSize..];
        }

        measured.Fetched(topic, records, fetched.Length);
    }

    private static FetchResponsePartitions ReadPartition(
        FetchRequest request, in FetchRequestPartitions partition, PartitionLog? log, int budget, bool first)
    {
        ErrorCode error = Check(log, partition);
        if (error != ErrorCode.None)
        {
            return Failed(partition.Partition, error, log);
        }

        int limit = Math.Min(budget, Math.Max(partition.PartitionMaxBytes, 0));
        bool readCommitted = request.IsolationLevel != 0;
        long available = log!.AvailableBytes(partition.FetchOffset, readCommitted);
        RentedRecords records = new((int)Math.Min(available, limit));
        ReadResult read = log.Read(partition.FetchOffset, limit, first, readCommitted, records);
        byte[]? rented = records.Take();
        if (read.Error != ErrorCode.None)
        {
            return Failed(partition.Partition, read.Error, log);
        }

        return new FetchResponsePartitions
        {
            PartitionIndex = partition.Partition,
            HighWatermark = read.HighWatermark,
            LastStableOffset = read.LastStableOffset,
            LogStartOffset = read.LogStartOffset,
            AbortedTransactions = Describe(read.AbortedTransactions),
            Records = WireRecords.OfRented(rented, records.Length),
        };
    }

    private static FetchResponseAbortedTransactions[]? Describe(IReadOnlyList<AbortedTransaction>? aborted) =>
        aborted is null ? null :
        [
            .. aborted.Select(static x =>
                new FetchResponseAbortedTransactions { ProducerId = x.ProducerId, FirstOffset = x.FirstOffset }),
        ];

    // Empty but never null: librdkafka drops a whole response over a null records field.
    private static FetchResponsePartitions Failed(int index, ErrorCode error, PartitionLog? log) => new()
    {
        PartitionIndex = index,
        ErrorCode = error,
        AbortedTransactions = null,
        Records = WireRecords.Empty,
        HighWatermark = log?.HighWatermark ?? -1,
        LastStableOffset = log?.LastStableOffset ?? -1,
        LogStartOffset = log?.LogStartOffset ?? -1,
    };
}
