namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record HeartbeatRequest(string GroupId, int GenerationId, string MemberId, string? GroupInstanceId)
    : IRequest<HeartbeatRequest>
{
    public static HeartbeatRequest Read(ref WireReader r)
    {
        HeartbeatRequest request = new(
            r.ReadString(), r.ReadInt32(), r.ReadString(), r.Version >= 3 ? r.ReadNullableString() : null);
        r.SkipTags();
        return request;
    }
}

internal sealed record HeartbeatResponse(ErrorCode Error) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        w.WriteError(Error);
        w.WriteEmptyTags();
    }
}
