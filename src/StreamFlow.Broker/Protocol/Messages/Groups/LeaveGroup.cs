namespace StreamFlow.Broker.Protocol.Messages;

internal readonly record struct LeavingMember(string MemberId, string? GroupInstanceId);

/// <summary>Members leaving a group: exactly one below version 3.</summary>
internal sealed record LeaveGroupRequest(string GroupId, LeavingMember[] Members) : IRequest<LeaveGroupRequest>
{
    public static LeaveGroupRequest Read(ref WireReader r)
    {
        string groupId = r.ReadString();
        LeavingMember[] members = r.Version < 3
            ? [new LeavingMember(r.ReadString(), null)]
            : r.ReadArray(ReadMember);
        r.SkipTags();
        return new LeaveGroupRequest(groupId, members);
    }

    private static LeavingMember ReadMember(ref WireReader r)
    {
        LeavingMember member = new(r.ReadString(), r.ReadNullableString());
        if (r.Version >= 5)
        {
            r.ReadNullableString();
        }

        r.SkipTags();
        return member;
    }
}

internal readonly record struct LeavingMemberResult(string MemberId, string? GroupInstanceId, ErrorCode Error);

/// <summary>Below version 3 the only member's error is the error of the whole response.</summary>
internal sealed record LeaveGroupResponse(ErrorCode Error, IReadOnlyList<LeavingMemberResult> Members) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        if (w.Version < 3)
        {
            w.WriteError(Error == ErrorCode.None && Members.Count > 0 ? Members[0].Error : Error);
            return;
        }

        w.WriteError(Error);
        w.WriteArray(Members, static (w, member) =>
        {
            w.WriteString(member.MemberId);
            w.WriteNullableString(member.GroupInstanceId);
            w.WriteError(member.Error);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
