namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct ListOffsetsPartition(int Index, int CurrentLeaderEpoch, long Timestamp);

internal readonly record struct ListOffsetsTopic(string Name, ListOffsetsPartition[] Partitions);

internal sealed record ListOffsetsRequest(bool ReadCommitted, ListOffsetsTopic[] Topics) : IRequest<ListOffsetsRequest>
{
    public static ListOffsetsRequest Read(ref WireReader r)
    {
        r.ReadInt32();
        ListOffsetsRequest request = new(r.Version >= 2 && r.ReadInt8() != 0, r.ReadArray(ReadTopic));
        r.SkipTags();
        return request;
    }

    private static ListOffsetsTopic ReadTopic(ref WireReader r)
    {
        ListOffsetsTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static ListOffsetsPartition ReadPartition(ref WireReader r)
    {
        ListOffsetsPartition partition = new(r.ReadInt32(), r.Version >= 4 ? r.ReadInt32() : -1, r.ReadInt64());
        r.SkipTags();
        return partition;
    }
}

internal readonly record struct ListOffsetsPartitionResult(
    int Index, ErrorCode Error, long Timestamp, long Offset, int LeaderEpoch);

internal readonly record struct ListOffsetsTopicResult(string Name, ListOffsetsPartitionResult[] Partitions);

internal sealed record ListOffsetsResponse(ListOffsetsTopicResult[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 2)
        {
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

    private static void WritePartition(WireWriter w, ListOffsetsPartitionResult partition)
    {
        w.WriteInt32(partition.Index);
        w.WriteError(partition.Error);
        w.WriteInt64(partition.Timestamp);
        w.WriteInt64(partition.Offset);
        if (w.Version >= 4)
        {
            w.WriteInt32(partition.LeaderEpoch);
        }

        w.WriteEmptyTags();
    }
}
