namespace StreamFlow.Broker.Groups;

/// <content>How much groups may hold: how many there are, and what their members and offsets take in memory.</content>
internal sealed partial class GroupCoordinator
{
    private const string ByteRemedy = "let members leave, delete groups or offsets";

    /// <summary>The bytes that all groups hold, about.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Why there may be no group of this id; none if there is one, or may be.</summary>
    private ErrorCode RefuseFounding(string groupId)
    {
        if (_groups.Contains(groupId))
        {
            return ErrorCode.None;
        }

        if (_groups.Count < _options.MaxGroups)
        {
            return HasRoom(CoordinatedGroup.BytesOfNew(groupId)) ? ErrorCode.None : ErrorCode.GroupMaxSizeReached;
        }

        CapLog.Reached(_log, "groups", _options.MaxGroups, "MaxGroups");
        return ErrorCode.GroupMaxSizeReached;
    }

    /// <summary>Why a member may not say so much of itself; the lock of the group must be held.</summary>
    private ErrorCode RefuseGrowth(CoordinatedGroup group, string memberId, long bytes)
    {
        if (bytes > _options.MaxMemberBytes)
        {
            CapLog.Reached(_log, "bytes of one member", _options.MaxMemberBytes, "have it say less in its subscription");
            return ErrorCode.InvalidRequest;
        }

        long had = group.Machine.BytesOf(memberId);
        return bytes <= had || HasRoom(bytes - had) ? ErrorCode.None : ErrorCode.GroupMaxSizeReached;
    }

    /// <summary>Why members may not be assigned so much; the lock of the group must be held.</summary>
    private ErrorCode RefuseAssignments(CoordinatedGroup group, SyncCommand command)
    {
        long sum = 0;
        foreach (MemberAssignment assignment in command.Assignments)
        {
            sum += assignment.Assignment.Length;
            if (assignment.Assignment.Length > _options.MaxMemberBytes)
            {
                CapLog.Reached(_log, "bytes assigned to one member", _options.MaxMemberBytes, "have the leader assign less");
                return ErrorCode.InvalidRequest;
            }
        }

        return sum == 0 || HasRoom(sum - group.Machine.Bytes) ? ErrorCode.None : ErrorCode.GroupMaxSizeReached;
    }

    private bool HasRoom(long added)
    {
        if (added <= 0 || Bytes + added <= _options.MaxBytes)
        {
            return true;
        }

        CapLog.Reached(_log, "bytes in all groups", _options.MaxBytes, ByteRemedy);
        return false;
    }

    /// <summary>Counts what a group holds, after that has changed; its lock must be held.</summary>
    private void Measure(CoordinatedGroup group)
    {
        long bytes = group.IsRemoved ? 0 : group.Bytes;
        Interlocked.Add(ref _bytes, bytes - group.CountedBytes);
        group.CountedBytes = bytes;
    }
}
