namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct OffsetCommitPartition(int Index, long Offset, int LeaderEpoch, string? Metadata);

internal readonly record struct OffsetCommitTopic(string Name, OffsetCommitPartition[] Partitions);

internal sealed record OffsetCommitRequest(
    string GroupId, int GenerationId, string MemberId, string? GroupInstanceId, OffsetCommitTopic[] Topics)
    : IRequest<OffsetCommitRequest>
{
    public static OffsetCommitRequest Read(ref WireReader r)
    {
        string groupId = r.ReadString();
        int generationId = r.ReadInt32();
        string memberId = r.ReadString();
        string? instanceId = r.Version >= 7 ? r.ReadNullableString() : null;
        if (r.Version <= 4)
        {
            r.ReadInt64();
        }

        OffsetCommitTopic[] topics = r.ReadArray(ReadTopic);
        r.SkipTags();
        return new OffsetCommitRequest(groupId, generationId, memberId, instanceId, topics);
    }

    private static OffsetCommitTopic ReadTopic(ref WireReader r)
    {
        OffsetCommitTopic topic = new(r.ReadString(), r.ReadArray(ReadPartition));
        r.SkipTags();
        return topic;
    }

    private static OffsetCommitPartition ReadPartition(ref WireReader r)
    {
        OffsetCommitPartition partition = new(
            r.ReadInt32(), r.ReadInt64(), r.Version >= 6 ? r.ReadInt32() : -1, r.ReadNullableString());
        r.SkipTags();
        return partition;
    }
}

internal readonly record struct PartitionError(int Index, ErrorCode Error);

internal readonly record struct TopicErrors(string Name, PartitionError[] Partitions);

internal sealed record OffsetCommitResponse(TopicErrors[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 3)
        {
            w.WriteInt32(0);
        }

        w.WriteArray(Topics, TopicErrorsWriter.Write);
        w.WriteEmptyTags();
    }
}

internal static class TopicErrorsWriter
{
    public static void Write(WireWriter w, TopicErrors topic)
    {
        w.WriteString(topic.Name);
        w.WriteArray(topic.Partitions, static (w, partition) =>
        {
            w.WriteInt32(partition.Index);
            w.WriteError(partition.Error);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
