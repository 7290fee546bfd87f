namespace StreamFlow.Broker.Groups;

/// <summary>
/// One consumer group of the classic protocol as a pure state machine: commands and the time go in, effects come
/// out. It never assigns partitions: it collects members, picks a leader, carries opaque metadata to the leader and
/// opaque assignments back, and fences by generation. Not thread-safe; the coordinator serialises the calls.
/// </summary>
internal sealed partial class ClassicGroup : IGroup
{
    private readonly GroupCoordinatorOptions _options;
    private readonly MemberTable _members = new();
    private readonly List<GroupEffect> _effects = [];
    private long _joinDeadline = GroupDeadline.Never;
    private long _syncDeadline = GroupDeadline.Never;

    public ClassicGroup(string groupId, GroupCoordinatorOptions options, ClockReading now)
    {
        GroupId = groupId;
        _options = options;
        StateTimestampMs = now.UnixMs;
    }

    public string GroupId { get; }

    public GroupKind Kind => GroupKind.Classic;

    public GroupState State { get; private set; } = GroupState.Empty;

    public int Generation { get; private set; }

    /// <summary>Null until a member has joined: then the group only holds the offsets of a simple consumer.</summary>
    public string? ProtocolType { get; private set; }

    public string? ProtocolName { get; private set; }

    public string? LeaderId { get; private set; }

    /// <summary>When the group took its state, in milliseconds since 1970-01-01 UTC.</summary>
    public long StateTimestampMs { get; private set; }

    public int MemberCount => _members.Count;

    public long Bytes => _members.Bytes;

    public long BytesOf(string memberId) => _members.Find(memberId)?.Bytes ?? 0;

    public bool HasPendingIds => _members.PendingIdCount > 0;

    /// <summary>Hands over what has to be done since the last call, in order.</summary>
    public IReadOnlyList<GroupEffect> TakeEffects()
    {
        if (_effects.Count == 0)
        {
            return [];
        }

        GroupEffect[] taken = [.. _effects];
        _effects.Clear();
        return taken;
    }

    /// <summary>Monotonic milliseconds of the next <see cref="Tick"/> that can matter.</summary>
    public long NextDeadline() => State == GroupState.Dead
        ? GroupDeadline.Never
        : Math.Min(_members.NextDeadline(), Math.Min(_joinDeadline, _syncDeadline));

    public void Sync(SyncCommand command, long request, ClockReading now)
    {
        (GroupMember? member, ErrorCode error) = Authenticate(
            command.MemberId, command.InstanceId, command.GenerationId);
        if (error == ErrorCode.None && NamesAnotherProtocol(command))
        {
            error = ErrorCode.InconsistentGroupProtocol;
        }

        if (error == ErrorCode.None && State == GroupState.PreparingRebalance)
        {
            error = ErrorCode.RebalanceInProgress;
        }

        if (error != ErrorCode.None)
        {
            _effects.Add(new SyncReply(request, SyncResult.Failed(error)));
            return;
        }

        AnswerSync(member!, SyncResult.Failed(ErrorCode.RebalanceInProgress), now);
        member!.OwesSync = false;
        member.ParkSync(request);
        if (State == GroupState.CompletingRebalance && member.Id == LeaderId)
        {
            TakeAssignment(command.Assignments, now);
        }

        if (State == GroupState.Stable)
        {
            AnswerParkedSyncs(now);
        }

        if (_members.AllHaveSynced())
        {
            _syncDeadline = GroupDeadline.Never;
        }
    }

    public ErrorCode Heartbeat(HeartbeatCommand command, ClockReading now)
    {
        (GroupMember? member, ErrorCode error) = Authenticate(
            command.MemberId, command.InstanceId, command.GenerationId);
        if (error != ErrorCode.None)
        {
            return error;
        }

        member!.Touch(now);
        return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    public ErrorCode Leave(MemberToLeave leaving, ClockReading now)
    {
        if (_members.RemovePendingId(leaving.MemberId))
        {
            CompleteJoinIfAllAreIn(now);
            return ErrorCode.None;
        }

        GroupMember? member;
        ErrorCode error;
        if (leaving.MemberId.Length == 0 && leaving.InstanceId is not null)
        {
            // An administrator removes a static member knowing its instance id only.
            member = _members.FindInstance(leaving.InstanceId);
            error = member is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
        }
        else
        {
            (member, error) = Identify(leaving.MemberId, leaving.InstanceId);
        }

        if (error == ErrorCode.None)
        {
            RemoveMember(member!);
            RebalanceAfterRemoval(now);
        }

        return error;
    }

    public ErrorCode AdmitCommit(CommitCommand command, bool isTransactional, ClockReading now) =>
        AdmitCommit(command.GenerationId, command.MemberId, command.InstanceId, isTransactional, now);

    /// <summary>
    /// Says whether an offset commit is allowed, and counts it as a sign of life. A transactional commit passes where
    /// it carries nothing to check, and is not held up by a rebalance (KIP-447).
    /// </summary>
    public ErrorCode AdmitCommit(
        int generationId, string memberId, string? instanceId, bool isTransactional, ClockReading now)
    {
        if (State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (generationId < 0 && State == GroupState.Empty)
        {
            return ErrorCode.None;
        }

        if (generationId >= 0 || memberId.Length > 0 || instanceId is not null)
        {
            (GroupMember? member, ErrorCode error) = Authenticate(memberId, instanceId, generationId);
            if (error != ErrorCode.None)
            {
                return error;
            }

            member!.Touch(now);
        }
        else if (!isTransactional && State != GroupState.Empty)
        {
            return ErrorCode.UnknownMemberId;
        }

        return State == GroupState.CompletingRebalance && !isTransactional
            ? ErrorCode.RebalanceInProgress
            : ErrorCode.None;
    }

    /// <summary>Anybody may read the offsets of a classic group: its members name no generation.</summary>
    public ErrorCode AdmitFetch(string? memberId, int memberEpoch) => ErrorCode.None;

    private bool NamesAnotherProtocol(SyncCommand command) =>
        (command.ProtocolType is not null && command.ProtocolType != ProtocolType)
        || (command.ProtocolName is not null && command.ProtocolName != ProtocolName);

    private void TakeAssignment(IReadOnlyList<MemberAssignment> assignments, ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            member.Assignment = [];
        }

        foreach (MemberAssignment assignment in assignments)
        {
            if (_members.Find(assignment.MemberId) is GroupMember member)
            {
                member.Assignment = assignment.Assignment;
            }
        }

        Move(GroupEvent.AssignmentReceived, now);
        Persist();
    }

    private void AnswerParkedSyncs(ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            AnswerSync(
                member, new SyncResult(ErrorCode.None, ProtocolType, ProtocolName, member.Assignment), now);
        }
    }

    private void AnswerSync(GroupMember member, SyncResult result, ClockReading now)
    {
        if (member.TakeSync() is long request)
        {
            _effects.Add(new SyncReply(request, result));
            member.Touch(now);
        }
    }

    /// <summary>Instance before member before generation: a fenced instance must learn that it is fenced.</summary>
    private (GroupMember? Member, ErrorCode Error) Authenticate(string memberId, string? instanceId, int generationId)
    {
        if (State == GroupState.Dead)
        {
            return (null, ErrorCode.UnknownMemberId);
        }

        (GroupMember? member, ErrorCode error) = Identify(memberId, instanceId);
        return error == ErrorCode.None && generationId != Generation
            ? (member, ErrorCode.IllegalGeneration)
            : (member, error);
    }

    private (GroupMember? Member, ErrorCode Error) Identify(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            GroupMember? holder = _members.FindInstance(instanceId);
            return holder is null ? (null, ErrorCode.UnknownMemberId)
                : holder.Id != memberId ? (null, ErrorCode.FencedInstanceId)
                : (holder, ErrorCode.None);
        }

        GroupMember? member = _members.Find(memberId);
        return (member, member is null ? ErrorCode.UnknownMemberId : ErrorCode.None);
    }

    private void Move(GroupEvent happened, ClockReading now)
    {
        State = GroupStates.Next(State, happened);
        StateTimestampMs = now.UnixMs;
    }
}
