namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct DeleteRecordsPartition(int Index, long Offset);

internal readonly record struct DeleteRecordsTopic(string Name, DeleteRecordsPartition[] Partitions);

internal sealed record DeleteRecordsRequest(DeleteRecordsTopic[] Topics, int TimeoutMs) : IRequest<DeleteRecordsRequest>
{
    public static DeleteRecordsRequest Read(ref WireReader r)
    {
        DeleteRecordsRequest request = new(r.ReadArray(ReadTopic), r.ReadInt32());
        r.SkipTags();
        return request;
    }

    private static DeleteRecordsTopic ReadTopic(ref WireReader r)
    {
        DeleteRecordsTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static DeleteRecordsPartition ReadPartition(ref WireReader r)
    {
        DeleteRecordsPartition partition = new(r.ReadInt32(), r.ReadInt64());
        r.SkipTags();
        return partition;
    }
}

internal readonly record struct DeleteRecordsPartitionResult(int Index, long LowWatermark, ErrorCode Error);

internal readonly record struct DeleteRecordsTopicResult(string Name, DeleteRecordsPartitionResult[] Partitions);

internal sealed record DeleteRecordsResponse(DeleteRecordsTopicResult[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteArray(topic.Partitions, static (w, partition) =>
            {
                w.WriteInt32(partition.Index);
                w.WriteInt64(partition.LowWatermark);
                w.WriteError(partition.Error);
                w.WriteEmptyTags();
            });
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
