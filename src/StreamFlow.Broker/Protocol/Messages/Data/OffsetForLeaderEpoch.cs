namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct EpochPartition(int Index, int CurrentLeaderEpoch, int LeaderEpoch);

internal readonly record struct EpochTopic(string Name, EpochPartition[] Partitions);

internal sealed record OffsetForLeaderEpochRequest(EpochTopic[] Topics) : IRequest<OffsetForLeaderEpochRequest>
{
    public static OffsetForLeaderEpochRequest Read(ref WireReader r)
    {
        if (r.Version >= 3)
        {
            r.ReadInt32();
        }

        OffsetForLeaderEpochRequest request = new(r.ReadArray(ReadTopic));
        r.SkipTags();
        return request;
    }

    private static EpochTopic ReadTopic(ref WireReader r)
    {
        EpochTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static EpochPartition ReadPartition(ref WireReader r)
    {
        EpochPartition partition = new(r.ReadInt32(), r.ReadInt32(), r.ReadInt32());
        r.SkipTags();
        return partition;
    }
}

internal readonly record struct EpochPartitionResult(ErrorCode Error, int Index, int LeaderEpoch, long EndOffset);

internal readonly record struct EpochTopicResult(string Name, EpochPartitionResult[] Partitions);

internal sealed record OffsetForLeaderEpochResponse(EpochTopicResult[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, static (w, topic) =>
        {
            w.WriteString(topic.Name);
            w.WriteArray(topic.Partitions, static (w, partition) =>
            {
                w.WriteError(partition.Error);
                w.WriteInt32(partition.Index);
                w.WriteInt32(partition.LeaderEpoch);
                w.WriteInt64(partition.EndOffset);
                w.WriteEmptyTags();
            });
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
