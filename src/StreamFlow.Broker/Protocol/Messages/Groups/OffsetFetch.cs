namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct OffsetFetchTopic(string Name, int[] Partitions);

/// <summary>The offsets wanted of one group; <see cref="Topics"/> is null for "all it has".</summary>
internal readonly record struct OffsetFetchGroup(string GroupId, OffsetFetchTopic[]? Topics);

/// <summary>Exactly one group below version 8.</summary>
internal sealed record OffsetFetchRequest(OffsetFetchGroup[] Groups, bool RequireStable) : IRequest<OffsetFetchRequest>
{
    public static OffsetFetchRequest Read(ref WireReader r)
    {
        OffsetFetchGroup[] groups = r.Version < 8
            ? [new OffsetFetchGroup(
                r.ReadString(), r.Version < 2 ? r.ReadArray(ReadTopic) : r.ReadNullableArray(ReadTopic))]
            : r.ReadArray(ReadGroup);
        bool requireStable = r.Version >= 7 && r.ReadBool();
        r.SkipTags();
        return new OffsetFetchRequest(groups, requireStable);
    }

    private static OffsetFetchGroup ReadGroup(ref WireReader r)
    {
        string groupId = r.ReadString();
        if (r.Version >= 9)
        {
            r.ReadNullableString();
            r.ReadInt32();
        }

        OffsetFetchGroup group = new(groupId, r.ReadNullableArray(ReadTopic));
        r.SkipTags();
        return group;
    }

    private static OffsetFetchTopic ReadTopic(ref WireReader r)
    {
        OffsetFetchTopic topic = new(r.ReadString(), r.ReadInt32Array());
        r.SkipTags();
        return topic;
    }
}

internal readonly record struct OffsetFetchPartitionResult(
    int Index, long Offset, int LeaderEpoch, string Metadata, ErrorCode Error)
{
    /// <summary>No offset is committed: not an error.</summary>
    public static OffsetFetchPartitionResult None(int index, ErrorCode error = ErrorCode.None) =>
        new(index, -1, -1, "", error);
}

internal readonly record struct OffsetFetchTopicResult(string Name, OffsetFetchPartitionResult[] Partitions);

internal readonly record struct OffsetFetchGroupResult(string GroupId, ErrorCode Error, OffsetFetchTopicResult[] Topics);

internal sealed record OffsetFetchResponse(OffsetFetchGroupResult[] Groups) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 3)
        {
            w.WriteInt32(0);
        }

        if (w.Version >= 8)
        {
            w.WriteArray(Groups, WriteGroup);
        }
        else
        {
            WriteSingle(w, Groups[0]);
        }

        w.WriteEmptyTags();
    }

    private static void WriteSingle(WireWriter w, OffsetFetchGroupResult group)
    {
        // Version 1 has no place for an error of the whole group: each partition carries it.
        ErrorCode partitionError = w.Version < 2 ? group.Error : ErrorCode.None;
        WriteTopics(w, group.Topics, partitionError);
        if (w.Version >= 2)
        {
            w.WriteError(group.Error);
        }
    }

    private static void WriteGroup(WireWriter w, OffsetFetchGroupResult group)
    {
        w.WriteString(group.GroupId);
        WriteTopics(w, group.Topics, ErrorCode.None);
        w.WriteError(group.Error);
        w.WriteEmptyTags();
    }

    private static void WriteTopics(WireWriter w, OffsetFetchTopicResult[] topics, ErrorCode groupError)
    {
        w.WriteArrayLength(topics.Length);
        foreach (OffsetFetchTopicResult topic in topics)
        {
            w.WriteString(topic.Name);
            w.WriteArrayLength(topic.Partitions.Length);
            foreach (OffsetFetchPartitionResult partition in topic.Partitions)
            {
                WritePartition(w, partition, groupError == ErrorCode.None ? partition.Error : groupError);
            }

            w.WriteEmptyTags();
        }
    }

    private static void WritePartition(WireWriter w, OffsetFetchPartitionResult partition, ErrorCode error)
    {
        w.WriteInt32(partition.Index);
        w.WriteInt64(partition.Offset);
        if (w.Version >= 5)
        {
            w.WriteInt32(partition.LeaderEpoch);
        }

        w.WriteNullableString(partition.Metadata);
        w.WriteError(error);
        w.WriteEmptyTags();
    }
}
