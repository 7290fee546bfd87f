namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct ReplicaAssignment(int PartitionIndex, int[] BrokerIds);

internal readonly record struct ConfigEntry(string Name, string? Value)
{
    public static ConfigEntry Read(ref WireReader r)
    {
        ConfigEntry entry = new(r.ReadString(), r.ReadNullableString());
        r.SkipTags();
        return entry;
    }
}

internal sealed record CreatableTopic(
    string Name, int PartitionCount, short ReplicationFactor, ReplicaAssignment[] Assignments, ConfigEntry[] Configs);

internal sealed record CreateTopicsRequest(CreatableTopic[] Topics, int TimeoutMs, bool ValidateOnly)
    : IRequest<CreateTopicsRequest>
{
    public static CreateTopicsRequest Read(ref WireReader r)
    {
        CreateTopicsRequest request = new(r.ReadArray(ReadTopic), r.ReadInt32(), r.ReadBool());
        r.SkipTags();
        return request;
    }

    private static CreatableTopic ReadTopic(ref WireReader r)
    {
        CreatableTopic topic = new(
            r.ReadString(),
            r.ReadInt32(),
            r.ReadInt16(),
            r.ReadArray(ReadAssignment),
            r.ReadArray(ConfigEntry.Read));
        r.SkipTags();
        return topic;
    }

    private static ReplicaAssignment ReadAssignment(ref WireReader r)
    {
        ReplicaAssignment assignment = new(r.ReadInt32(), r.ReadInt32Array());
        r.SkipTags();
        return assignment;
    }
}

internal readonly record struct CreatedTopicConfig(string Name, string? Value, bool IsDefault);

internal sealed record CreatedTopic(string Name, ErrorCode Error, string? ErrorMessage)
{
    public Guid TopicId { get; init; }

    public int PartitionCount { get; init; } = -1;

    public short ReplicationFactor { get; init; } = -1;

    public IReadOnlyList<CreatedTopicConfig>? Configs { get; init; }
}

internal sealed record CreateTopicsResponse(CreatedTopic[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, WriteTopic);
        w.WriteEmptyTags();
    }

    private static void WriteTopic(WireWriter w, CreatedTopic topic)
    {
        w.WriteString(topic.Name);
        if (w.Version >= 7)
        {
            w.WriteUuid(topic.TopicId);
        }

        w.WriteError(topic.Error);
        w.WriteNullableString(topic.ErrorMessage);
        if (w.Version >= 5)
        {
            w.WriteInt32(topic.PartitionCount);
            w.WriteInt16(topic.ReplicationFactor);
            WriteConfigs(w, topic.Configs);
        }

        w.WriteEmptyTags();
    }

    private static void WriteConfigs(WireWriter w, IReadOnlyList<CreatedTopicConfig>? configs)
    {
        if (configs is null)
        {
            w.WriteArrayLength(-1);
            return;
        }

        w.WriteArray(configs, static (w, config) =>
        {
            w.WriteString(config.Name);
            w.WriteNullableString(config.Value);
            w.WriteBool(false);
            w.WriteInt8(config.IsDefault ? (sbyte)5 : (sbyte)1);
            w.WriteBool(false);
            w.WriteEmptyTags();
        });
    }
}
