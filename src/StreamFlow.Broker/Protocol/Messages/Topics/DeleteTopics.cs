namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>A topic named by name, or from version 6 by id when the name is null.</summary>
internal readonly record struct DeletableTopic(string? Name, Guid TopicId);

internal sealed record DeleteTopicsRequest(DeletableTopic[] Topics, int TimeoutMs) : IRequest<DeleteTopicsRequest>
{
    public static DeleteTopicsRequest Read(ref WireReader r)
    {
        DeletableTopic[] topics = r.ReadArray(ReadTopic);
        DeleteTopicsRequest request = new(topics, r.ReadInt32());
        r.SkipTags();
        return request;
    }

    private static DeletableTopic ReadTopic(ref WireReader r)
    {
        if (r.Version < 6)
        {
            return new DeletableTopic(r.ReadString(), Guid.Empty);
        }

        DeletableTopic topic = new(r.ReadNullableString(), r.ReadUuid());
        r.SkipTags();
        return topic;
    }
}

internal readonly record struct DeletedTopic(string? Name, Guid TopicId, ErrorCode Error, string? ErrorMessage);

internal sealed record DeleteTopicsResponse(DeletedTopic[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Topics, WriteTopic);
        w.WriteEmptyTags();
    }

    private static void WriteTopic(WireWriter w, DeletedTopic topic)
    {
        if (w.Version >= 6)
        {
            w.WriteNullableString(topic.Name);
            w.WriteUuid(topic.TopicId);
        }
        else
        {
            w.WriteString(topic.Name ?? "");
        }

        w.WriteError(topic.Error);
        if (w.Version >= 5)
        {
            w.WriteNullableString(topic.ErrorMessage);
        }

        w.WriteEmptyTags();
    }
}
