namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct JoinGroupProtocol(string Name, byte[] Metadata);

internal sealed record JoinGroupRequest(
    string GroupId,
    int SessionTimeoutMs,
    int RebalanceTimeoutMs,
    string MemberId,
    string? GroupInstanceId,
    string ProtocolType,
    JoinGroupProtocol[] Protocols) : IRequest<JoinGroupRequest>
{
    public static JoinGroupRequest Read(ref WireReader r)
    {
        string groupId = r.ReadString();
        int sessionTimeoutMs = r.ReadInt32();
        int rebalanceTimeoutMs = r.Version >= 1 ? r.ReadInt32() : sessionTimeoutMs;
        string memberId = r.ReadString();
        string? instanceId = r.Version >= 5 ? r.ReadNullableString() : null;
        string protocolType = r.ReadString();
        JoinGroupProtocol[] protocols = r.ReadArray(ReadProtocol);
        if (r.Version >= 8)
        {
            r.ReadNullableString();
        }

        r.SkipTags();
        return new JoinGroupRequest(
            groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, instanceId, protocolType, protocols);
    }

    private static JoinGroupProtocol ReadProtocol(ref WireReader r)
    {
        JoinGroupProtocol protocol = new(r.ReadString(), r.ReadBytes());
        r.SkipTags();
        return protocol;
    }
}

internal readonly record struct JoinGroupMember(string MemberId, string? GroupInstanceId, byte[] Metadata);

internal sealed record JoinGroupResponse(ErrorCode Error) : IResponse
{
    public int GenerationId { get; init; } = -1;

    public string? ProtocolType { get; init; }

    public string? ProtocolName { get; init; }

    public string Leader { get; init; } = "";

    public bool SkipAssignment { get; init; }

    public string MemberId { get; init; } = "";

    public IReadOnlyList<JoinGroupMember> Members { get; init; } = [];

    public void Write(WireWriter w)
    {
        if (w.Version >= 2)
        {
            w.WriteInt32(0);
        }

        w.WriteError(Error);
        w.WriteInt32(GenerationId);
        if (w.Version >= 7)
        {
            w.WriteNullableString(ProtocolType);
            w.WriteNullableString(ProtocolName);
        }
        else
        {
            w.WriteString(ProtocolName ?? "");
        }

        w.WriteString(Leader);
        if (w.Version >= 9)
        {
            w.WriteBool(SkipAssignment);
        }

        w.WriteString(MemberId);
        w.WriteArray(Members, WriteMember);
        w.WriteEmptyTags();
    }

    private static void WriteMember(WireWriter w, JoinGroupMember member)
    {
        w.WriteString(member.MemberId);
        if (w.Version >= 5)
        {
            w.WriteNullableString(member.GroupInstanceId);
        }

        w.WriteBytes(member.Metadata);
        w.WriteEmptyTags();
    }
}
