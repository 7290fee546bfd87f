namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>Record batches for one partition: a slice of the request frame, valid only while the request is decoded.</summary>
internal readonly record struct ProducePartition(int Index, Memory<byte>? Records);

internal readonly record struct ProduceTopic(string Name, ProducePartition[] Partitions);

internal sealed record ProduceRequest(string? TransactionalId, short Acks, int TimeoutMs, ProduceTopic[] Topics)
    : IRequest<ProduceRequest>
{
    public static ProduceRequest Read(ref WireReader r)
    {
        ProduceRequest request = new(r.ReadNullableString(), r.ReadInt16(), r.ReadInt32(), r.ReadArray(ReadTopic));
        r.SkipTags();
        return request;
    }

    private static ProduceTopic ReadTopic(ref WireReader r)
    {
        ProduceTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static ProducePartition ReadPartition(ref WireReader r)
    {
        ProducePartition partition = new(r.ReadInt32(), r.ReadNullableRecordSlice());
        r.SkipTags();
        return partition;
    }
}

/// <summary>One record because of which its batch was refused.</summary>
internal readonly record struct ProduceRecordError(int BatchIndex, string? Message);

internal readonly record struct ProducePartitionResult(
    int Index, ErrorCode Error, long BaseOffset, long LogAppendTimeMs, long LogStartOffset, string? ErrorMessage)
{
    public ProduceRecordError[] RecordErrors { get; init; } = [];
}

internal readonly record struct ProduceTopicResult(string Name, ProducePartitionResult[] Partitions);

internal sealed record ProduceResponse(ProduceTopicResult[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteArray(Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteArray(topic.Partitions, WritePartition);
            w.WriteEmptyTags();
        });
        w.WriteInt32(0);
        w.WriteEmptyTags();
    }

    private static void WritePartition(WireWriter w, ProducePartitionResult partition)
    {
        w.WriteInt32(partition.Index);
        w.WriteError(partition.Error);
        w.WriteInt64(partition.BaseOffset);
        w.WriteInt64(partition.LogAppendTimeMs);
        if (w.Version >= 5)
        {
            w.WriteInt64(partition.LogStartOffset);
        }

        if (w.Version >= 8)
        {
            w.WriteArray(partition.RecordErrors, static (w, error) =>
            {
                w.WriteInt32(error.BatchIndex);
                w.WriteNullableString(error.Message);
                w.WriteEmptyTags();
            });
            w.WriteNullableString(partition.ErrorMessage);
        }

        w.WriteEmptyTags();
    }
}
