namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct MetadataRequestTopic(Guid TopicId, string? Name);

/// <summary>A topology query; <see cref="Topics"/> is null for "all topics".</summary>
internal sealed record MetadataRequest(MetadataRequestTopic[]? Topics, bool AllowAutoTopicCreation)
    : IRequest<MetadataRequest>
{
    public static MetadataRequest Read(ref WireReader r)
    {
        MetadataRequestTopic[]? topics = r.ReadNullableArray(ReadTopic);
        if (r.Version == 0 && topics is { Length: 0 })
        {
            topics = null;
        }

        bool autoCreate = r.Version < 4 || r.ReadBool();
        if (r.Version is >= 8 and <= 10)
        {
            r.ReadBool();
        }

        if (r.Version >= 8)
        {
            r.ReadBool();
        }

        r.SkipTags();
        return new MetadataRequest(topics, autoCreate);
    }

    private static MetadataRequestTopic ReadTopic(ref WireReader r)
    {
        MetadataRequestTopic topic = r.Version >= 10
            ? new(r.ReadUuid(), r.ReadNullableString())
            : new(Guid.Empty, r.ReadString());
        r.SkipTags();
        return topic;
    }
}

internal readonly record struct MetadataBroker(int NodeId, string Host, int Port);

internal readonly record struct MetadataPartition(int Index, int LeaderEpoch);

internal sealed record MetadataTopic(
    ErrorCode Error, string? Name, Guid TopicId, bool IsInternal, MetadataPartition[] Partitions);

internal sealed record MetadataResponse(MetadataBroker Broker, string ClusterId, MetadataTopic[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 3)
        {
            w.WriteInt32(0);
        }

        WriteBrokers(w);
        if (w.Version >= 2)
        {
            w.WriteNullableString(ClusterId);
        }

        if (w.Version >= 1)
        {
            w.WriteInt32(Broker.NodeId);
        }

        w.WriteArrayLength(Topics.Length);
        foreach (MetadataTopic topic in Topics)
        {
            WriteTopic(w, topic);
        }

        if (w.Version is >= 8 and <= 10)
        {
            w.WriteInt32(WireConstants.UnknownAuthorizedOperations);
        }

        if (w.Version >= 13)
        {
            w.WriteError(ErrorCode.None);
        }

        w.WriteEmptyTags();
    }

    private void WriteBrokers(WireWriter w)
    {
        w.WriteArrayLength(1);
        w.WriteInt32(Broker.NodeId);
        w.WriteString(Broker.Host);
        w.WriteInt32(Broker.Port);
        if (w.Version >= 1)
        {
            w.WriteNullableString(null);
        }

        w.WriteEmptyTags();
    }

    private void WriteTopic(WireWriter w, MetadataTopic topic)
    {
        w.WriteError(topic.Error);
        if (w.Version >= 12)
        {
            w.WriteNullableString(topic.Name);
        }
        else
        {
            w.WriteString(topic.Name ?? "");
        }

        if (w.Version >= 10)
        {
            w.WriteUuid(topic.TopicId);
        }

        if (w.Version >= 1)
        {
            w.WriteBool(topic.IsInternal);
        }

        w.WriteArrayLength(topic.Partitions.Length);
        foreach (MetadataPartition partition in topic.Partitions)
        {
            WritePartition(w, partition);
        }

        if (w.Version >= 8)
        {
            w.WriteInt32(WireConstants.UnknownAuthorizedOperations);
        }

        w.WriteEmptyTags();
    }

    private void WritePartition(WireWriter w, MetadataPartition partition)
    {
        ReadOnlySpan<int> self = [Broker.NodeId];
        w.WriteError(ErrorCode.None);
        w.WriteInt32(partition.Index);
        w.WriteInt32(Broker.NodeId);
        if (w.Version >= 7)
        {
            w.WriteInt32(partition.LeaderEpoch);
        }

        w.WriteInt32Array(self);
        w.WriteInt32Array(self);
        if (w.Version >= 5)
        {
            w.WriteInt32Array([]);
        }

        w.WriteEmptyTags();
    }
}
