namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct FetchPartition(
    int Index, int CurrentLeaderEpoch, long FetchOffset, int PartitionMaxBytes);

internal readonly record struct FetchTopic(string Name, FetchPartition[] Partitions);

internal sealed record FetchRequest(
    int MaxWaitMs, int MinBytes, int MaxBytes, bool ReadCommitted, int SessionId, int SessionEpoch, FetchTopic[] Topics)
    : IRequest<FetchRequest>
{
    public static FetchRequest Read(ref WireReader r)
    {
        r.ReadInt32();
        int maxWaitMs = r.ReadInt32();
        int minBytes = r.ReadInt32();
        int maxBytes = r.ReadInt32();
        bool readCommitted = r.ReadInt8() != 0;
        int sessionId = r.Version >= 7 ? r.ReadInt32() : 0;
        int sessionEpoch = r.Version >= 7 ? r.ReadInt32() : -1;
        FetchTopic[] topics = r.ReadArray(ReadTopic);
        if (r.Version >= 7)
        {
            r.ReadArray(ReadForgottenTopic);
        }

        if (r.Version >= 11)
        {
            r.ReadString();
        }

        r.SkipTags();
        return new FetchRequest(maxWaitMs, minBytes, maxBytes, readCommitted, sessionId, sessionEpoch, topics);
    }

    private static FetchTopic ReadTopic(ref WireReader r)
    {
        FetchTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static FetchPartition ReadPartition(ref WireReader r)
    {
        int index = r.ReadInt32();
        int leaderEpoch = r.Version >= 9 ? r.ReadInt32() : -1;
        long offset = r.ReadInt64();
        if (r.Version >= 12)
        {
            r.ReadInt32();
        }

        if (r.Version >= 5)
        {
            r.ReadInt64();
        }

        FetchPartition partition = new(index, leaderEpoch, offset, r.ReadInt32());
        r.SkipTags();
        return partition;
    }

    private static int ReadForgottenTopic(ref WireReader r)
    {
        r.ReadString();
        int count = r.ReadInt32Array().Length;
        r.SkipTags();
        return count;
    }
}

/// <summary>One partition's answer; the records buffer is rented and passes to the writer of the response.</summary>
internal readonly record struct FetchPartitionResult(int Index, ErrorCode Error)
{
    public long HighWatermark { get; init; } = -1;

    public long LastStableOffset { get; init; } = -1;

    public long LogStartOffset { get; init; } = -1;

    public IReadOnlyList<AbortedTransaction>? Aborted { get; init; } = null;

    public byte[]? RentedRecords { get; init; } = null;

    public int RecordsLength { get; init; } = 0;
}

internal readonly record struct FetchTopicResult(string Name, FetchPartitionResult[] Partitions);

internal sealed record FetchResponse(ErrorCode Error, FetchTopicResult[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        if (w.Version >= 7)
        {
            w.WriteError(Error);
            w.WriteInt32(0);
        }

        w.WriteArray(Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteArray(topic.Partitions, WritePartition);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }

    private static void WritePartition(WireWriter w, FetchPartitionResult partition)
    {
        w.WriteInt32(partition.Index);
        w.WriteError(partition.Error);
        w.WriteInt64(partition.HighWatermark);
        w.WriteInt64(partition.LastStableOffset);
        if (w.Version >= 5)
        {
            w.WriteInt64(partition.LogStartOffset);
        }

        WriteAborted(w, partition.Aborted);
        if (w.Version >= 11)
        {
            w.WriteInt32(-1);
        }

        // Empty but never null: librdkafka drops a whole response over a null records field.
        w.WriteRentedRecords(partition.RentedRecords, partition.RecordsLength);
        w.WriteEmptyTags();
    }

    private static void WriteAborted(WireWriter w, IReadOnlyList<AbortedTransaction>? aborted)
    {
        if (aborted is null)
        {
            w.WriteArrayLength(-1);
            return;
        }

        w.WriteArray(aborted, static (w, transaction) =>
        {
            w.WriteInt64(transaction.ProducerId);
            w.WriteInt64(transaction.FirstOffset);
            w.WriteEmptyTags();
        });
    }
}
