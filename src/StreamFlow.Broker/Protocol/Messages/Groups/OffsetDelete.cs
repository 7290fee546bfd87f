namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct OffsetDeleteTopic(string Name, int[] Partitions);

internal sealed record OffsetDeleteRequest(string GroupId, OffsetDeleteTopic[] Topics) : IRequest<OffsetDeleteRequest>
{
    public static OffsetDeleteRequest Read(ref WireReader r) =>
        new(r.ReadString(), r.ReadArray(static (ref WireReader r) => new OffsetDeleteTopic(r.ReadString(), r.ReadInt32Array())));
}

internal sealed record OffsetDeleteResponse(ErrorCode Error, TopicErrors[] Topics) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteError(Error);
        w.WriteInt32(0);
        w.WriteArray(Topics, TopicErrorsWriter.Write);
    }
}
