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
internal sealed partial class FetchHandler(TopicStore topics, TimeProvider time, RecordInstruments measured)
{
    /// <summary>The first version that names topics by their ids.</summary>
    private const short TopicIdsFrom = 13;

    public ValueTask<IResponse?> HandleAsync(FetchRequest request, RequestContext context)
    {
        if (request.SessionId != 0)
        {
            return new ValueTask<IResponse?>(new FetchResponse { ErrorCode = ErrorCode.FetchSessionIdNotFound });
        }

        if (!context.IsOpen)
        {
            ILookup<bool, FetchRequestTopics> allowed = request.Topics.ToLookup(topic => MayRead(topic, context));
            if (allowed.Contains(false))
            {
                return ReadAllowedAsync(request, [.. allowed[true]], allowed[false], context);
            }
        }

        PartitionLog?[] logs = FindLogs(request, context.Version);
        bool mayWait = request.MaxWaitMs > 0 && logs.Length > 0;
        if (!mayWait)
        {
            return ReadAsync(request, context, logs);
        }

        return TryAnswer(request, context, logs, out _) is { } answer
            ? new ValueTask<IResponse?>(answer)
            : WaitAndReadAsync(request, logs, context);
    }

    private Topic? FindTopic(in FetchRequestTopics topic, short version) =>
        version >= TopicIdsFrom ? topics.GetTopic(topic.TopicId) : topics.GetTopic(topic.Topic);

    /// <summary>Rules are about names; an id that no topic has is answered as unknown, whoever asks.</summary>
    private bool MayRead(in FetchRequestTopics topic, RequestContext context)
    {
        string? name = context.Version >= TopicIdsFrom ? topics.GetTopic(topic.TopicId)?.Name : topic.Topic;
        return name is null || context.MayTopic(AclOperation.Read, name);
    }

    /// <summary>A client that may not read everything it asks for learns so at once.</summary>
    private ValueTask<IResponse?> ReadAllowedAsync(
        FetchRequest request, FetchRequestTopics[] allowed, IEnumerable<FetchRequestTopics> refused, RequestContext context)
    {
        request.Topics = allowed;
        FetchResponseResponses[] failed =
        [
            .. refused.Select(static topic => new FetchResponseResponses
            {
                Topic = topic.Topic,
                TopicId = topic.TopicId,
                Partitions = [.. topic.Partitions.Select(static x => Failed(x.Partition, ErrorCode.TopicAuthorizationFailed, null))],
            }),
        ];
        return ReadAsync(request, context, FindLogs(request, context.Version), failed);
    }

    private async ValueTask<IResponse?> WaitAndReadAsync(FetchRequest request, PartitionLog?[] logs, RequestContext context)
    {
        TimeSpan longest = FetchRoom.LongestWait(request, logs.Length);
        using (FetchWaiter waiter = new(longest, time, context.Connection))
        {
            // One that is not there is answered at once, unless there is no room for an answer.
            foreach (PartitionLog log in logs.OfType<PartitionLog>())
            {
                waiter.Watch(log);
            }

            while (!waiter.IsExpired)
            {
                waiter.Arm();
                if (TryAnswer(request, context, logs, out bool lacksRoom) is { } answer)
                {
                    return answer;
                }

                if (lacksRoom)
                {
                    break;
                }

                await waiter.WaitAsync().ConfigureAwait(false);
            }
        }

        return await ReadAsync(request, context, logs).ConfigureAwait(false);
    }

    /// <summary>Reads what there is into what room there is; without room for long, the answer is that there is nothing yet.</summary>
    private async ValueTask<IResponse?> ReadAsync(
        FetchRequest request, RequestContext context, PartitionLog?[] logs, FetchResponseResponses[]? refused = null)
    {
        ByteBudget budget = context.Connection.Budget;
        int wanted = FetchRoom.Wanted(request);
        FetchBytes bytes = FetchRoom.TryTake(budget, wanted)
            ?? await FetchRoom.TakeAsync(context.Connection, wanted, FetchRoom.LongestWait(request, logs.Length), time).ConfigureAwait(false);
        FetchResponse answer = Read(request, context.Version, logs, bytes);
        answer.Responses = refused is null ? answer.Responses : [.. answer.Responses, .. refused];
        return new HeldResponse(answer, bytes.Lease);
    }

    private PartitionLog?[] FindLogs(FetchRequest request, short version)
    {
        PartitionLog?[] logs = new PartitionLog?[request.Topics.Sum(static x => x.Partitions.Length)];
        int at = 0;
        foreach (FetchRequestTopics topic in request.Topics)
        {
            Topic? found = FindTopic(topic, version);
            foreach (FetchRequestPartitions partition in topic.Partitions)
            {
                logs[at++] = found?.GetPartition(partition.Partition);
            }
        }

        return logs;
    }

    /// <summary>
    /// The answer if it is due: enough bytes, or an error that the client should learn of at once. Where one byte is enough,
    /// as with most consumers, the read itself tells, so that a position is looked for once.
    /// </summary>
    private HeldResponse? TryAnswer(FetchRequest request, RequestContext context, PartitionLog?[] logs, out bool lacksRoom)
    {
        lacksRoom = false;
        if (!IsDue(request, context.Version, logs))
        {
            return null;
        }

        if (FetchRoom.TryTake(context.Connection.Budget, FetchRoom.Wanted(request)) is not { } bytes)
        {
            lacksRoom = true;
            return null;
        }

        FetchResponse answer = Read(request, context.Version, logs, bytes);
        if (request.MinBytes != 1 || answer.Responses.Any(static topic => topic.Partitions.Any(
            static x => x.ErrorCode != ErrorCode.None || x.Records.Memory.Length > 0 || x.DivergingEpoch.Epoch >= 0)))
        {
            return new HeldResponse(answer, bytes.Lease);
        }

        // What made it look due lies behind a gap that compaction left, and cannot be seen yet.
        bytes.Lease.Dispose();
        return null;
    }

    private bool IsDue(FetchRequest request, short version, PartitionLog?[] logs)
    {
        bool readCommitted = request.IsolationLevel != 0;
        long bytes = 0;
        int at = 0;
        foreach (FetchRequestTopics topic in request.Topics)
        {
            foreach (FetchRequestPartitions partition in topic.Partitions)
            {
                PartitionLog? log = logs[at++];
                if (Check(log, topic, partition, version) != ErrorCode.None || FindDivergence(log!, partition) is not null)
                {
                    return true;
                }

                bytes += request.MinBytes == 1
                    ? partition.FetchOffset < (readCommitted ? log!.LastStableOffset : log!.HighWatermark) ? 1 : 0
                    : Math.Min(
                        log!.AvailableBytes(partition.FetchOffset, readCommitted), Math.Max(partition.PartitionMaxBytes, 1));
            }
        }

        return bytes >= request.MinBytes;
    }

    private ErrorCode Check(
        PartitionLog? log, FetchRequestTopics topic, FetchRequestPartitions partition, short version)
    {
        if (log is null || log.IsClosed)
        {
            return version >= TopicIdsFrom && topics.GetTopic(topic.TopicId) is null
                ? ErrorCode.UnknownTopicId
                : ErrorCode.UnknownTopicOrPartition;
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

        if (FindDivergence(log, partition) is { } end)
        {
            return end.Epoch < 0 ? ErrorCode.OffsetOutOfRange : ErrorCode.None;
        }

        return partition.FetchOffset < log.LogStartOffset || partition.FetchOffset > log.LogEndOffset
            ? ErrorCode.OffsetOutOfRange
            : ErrorCode.None;
    }

    private static FetchResponseDivergingEpoch? FindDivergence(PartitionLog log, in FetchRequestPartitions partition) =>
        LeaderEpochs.FindDivergence(partition.LastFetchedEpoch, partition.FetchOffset, log);

    private FetchResponse Read(FetchRequest request, short version, PartitionLog?[] logs, FetchBytes bytes)
    {
        try
        {
            return Read(request, version, logs, bytes.Limit, bytes.HasRoom);
        }
        catch
        {
            bytes.Lease.Dispose();
            throw;
        }
    }

    /// <summary>As above, within so many bytes; the first batch may be larger, if it says so.</summary>
    private FetchResponse Read(FetchRequest request, short version, PartitionLog?[] logs, int budget, bool first)
    {
        FetchResponseResponses[] results = new FetchResponseResponses[request.Topics.Length];
        int at = 0;
        for (int i = 0; i < results.Length; i++)
        {
            FetchRequestTopics topic = request.Topics[i];
            FetchResponsePartitions[] partitions = new FetchResponsePartitions[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                // The first batch of the first partition with data comes whole whatever the limits: a batch larger than
                // them would stop its consumer for ever (KIP-74).
                PartitionLog? log = logs[at++];
                ErrorCode error = Check(log, topic, topic.Partitions[j], version);
                partitions[j] = error == ErrorCode.None
                    ? ReadPartition(request, topic.Partitions[j], log!, budget, first)
                    : Failed(topic.Partitions[j].Partition, error, log);
                int length = partitions[j].Records.Memory.Length;
                measured.Fetched(
                    version >= TopicIdsFrom ? topics.GetTopic(topic.TopicId)?.Name : topic.Topic, partitions[j].Records.Memory.Span);
                budget -= Math.Min(budget, length);
                first &= length == 0;
            }

            results[i] = new FetchResponseResponses { Topic = topic.Topic, TopicId = topic.TopicId, Partitions = partitions };
        }

        return new FetchResponse { Responses = results };
    }

    private static FetchResponsePartitions ReadPartition(
        FetchRequest request, FetchRequestPartitions partition, PartitionLog log, int budget, bool first)
    {
        if (FindDivergence(log, partition) is { } end)
        {
            FetchResponsePartitions diverging = Failed(partition.Partition, ErrorCode.None, log);
            diverging.DivergingEpoch = end;
            return diverging;
        }

        int limit = Math.Min(budget, Math.Max(partition.PartitionMaxBytes, 0));
        RentedRecords records = new();
        ReadResult read = log.Read(partition.FetchOffset, limit, first, request.IsolationLevel != 0, records);
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
            AbortedTransactions = Aborted(read.AbortedTransactions),

            // Empty but never null: librdkafka drops a whole response over a null records field.
            Records = WireRecords.OfRented(rented, records.Length),
        };
    }
}
