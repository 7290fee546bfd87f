namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct SyncGroupAssignment(string MemberId, byte[] Assignment);

internal sealed record SyncGroupRequest(
    string GroupId,
    int GenerationId,
    string MemberId,
    string? GroupInstanceId,
    string? ProtocolType,
    string? ProtocolName,
    SyncGroupAssignment[] Assignments) : IRequest<SyncGroupRequest>
{
    public static SyncGroupRequest Read(ref WireReader r)
    {
        SyncGroupRequest request = new(
            r.ReadString(),
            r.ReadInt32(),
            r.ReadString(),
            r.Version >= 3 ? r.ReadNullableString() : null,
            r.Version >= 5 ? r.ReadNullableString() : null,
            r.Version >= 5 ? r.ReadNullableString() : null,
            r.ReadArray(ReadAssignment));
        r.SkipTags();
        return request;
    }

    private static SyncGroupAssignment ReadAssignment(ref WireReader r)
    {
        SyncGroupAssignment assignment = new(r.ReadString(), r.ReadBytes());
        r.SkipTags();
        return assignment;
    }
}

internal sealed record SyncGroupResponse(ErrorCode Error) : IResponse
{
    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public byte[] Assignment { get; init; } = [];

    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        w.WriteError(Error);
        if (w.Version >= 5)
        {
            w.WriteNullableString(ProtocolType);
            w.WriteNullableString(ProtocolName);
        }

        w.WriteBytes(Assignment);
        w.WriteEmptyTags();
    }
}
