namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record DescribeGroupsRequest(string[] Groups) : IRequest<DescribeGroupsRequest>
{
    public static DescribeGroupsRequest Read(ref WireReader r)
    {
        DescribeGroupsRequest request = new(r.ReadStringArray());
        if (r.Version >= 3)
        {
            r.ReadBool();
        }

        r.SkipTags();
        return request;
    }
}

internal readonly record struct DescribedMember(
    string MemberId, string? GroupInstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);

internal sealed record DescribedGroup(
    ErrorCode Error,
    string GroupId,
    string State,
    string ProtocolType,
    string ProtocolData,
    IReadOnlyList<DescribedMember> Members);

internal sealed record DescribeGroupsResponse(IReadOnlyList<DescribedGroup> Groups) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        w.WriteArray(Groups, WriteGroup);
        w.WriteEmptyTags();
    }

    private static void WriteGroup(WireWriter w, DescribedGroup group)
    {
        w.WriteError(group.Error);
        w.WriteString(group.GroupId);
        w.WriteString(group.State);
        w.WriteString(group.ProtocolType);
        w.WriteString(group.ProtocolData);
        w.WriteArray(group.Members, WriteMember);
        if (w.Version >= 3)
        {
            w.WriteInt32(WireConstants.UnknownAuthorizedOperations);
        }

        w.WriteEmptyTags();
    }

    private static void WriteMember(WireWriter w, DescribedMember member)
    {
        w.WriteString(member.MemberId);
        if (w.Version >= 4)
        {
            w.WriteNullableString(member.GroupInstanceId);
        }

        w.WriteString(member.ClientId);
        w.WriteString(member.ClientHost);
        w.WriteBytes(member.Metadata);
        w.WriteBytes(member.Assignment);
        w.WriteEmptyTags();
    }
}
