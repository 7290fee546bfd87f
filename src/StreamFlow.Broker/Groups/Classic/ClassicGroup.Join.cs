namespace StreamFlow.Broker.Groups;

/// <content>JoinGroup: who is let in, under which id, and whether it starts a rebalance.</content>
internal sealed partial class ClassicGroup
{
    /// <summary>A newcomer cannot heartbeat before its first join is answered, so it gets this long instead.</summary>
    private const int NewMemberJoinTimeoutMs = 5 * 60 * 1000;

    /// <param name="command">The request.</param>
    /// <param name="request">The token of its reply.</param>
    /// <param name="nonce">Makes the member id unique, should one be needed.</param>
    /// <param name="now">The time.</param>
    public void Join(JoinCommand command, long request, string nonce, ClockReading now)
    {
        ErrorCode error = Admit(command);
        if (error != ErrorCode.None)
        {
            RefuseJoin(request, error, command.MemberId);
        }
        else if (command.MemberId.Length == 0)
        {
            JoinWithoutId(command, request, $"{command.InstanceId ?? command.ClientId}-{nonce}", now);
        }
        else if (command.InstanceId is null && _members.RemovePendingId(command.MemberId))
        {
            AddMember(command, command.MemberId, request, now);
        }
        else
        {
            Rejoin(command, request, now);
        }
    }

    private ErrorCode Admit(JoinCommand command)
    {
        if (State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        bool isKnown = _members.Find(command.MemberId) is not null
            || (command.InstanceId is not null && _members.FindInstance(command.InstanceId) is not null);
        if (!isKnown && _members.Count >= _options.MaxGroupSize)
        {
            return ErrorCode.GroupMaxSizeReached;
        }

        if (command.ProtocolType.Length == 0 || command.Protocols.Count == 0)
        {
            return ErrorCode.InconsistentGroupProtocol;
        }

        bool fits = _members.Count == 0
            || (command.ProtocolType == ProtocolType && _members.AnySupportedByAll(command.Protocols));
        return fits ? ErrorCode.None : ErrorCode.InconsistentGroupProtocol;
    }

    private void JoinWithoutId(JoinCommand command, long request, string newId, ClockReading now)
    {
        GroupMember? predecessor = command.InstanceId is null ? null : _members.FindInstance(command.InstanceId);
        if (predecessor is not null)
        {
            TakeOver(predecessor, command, newId, request, now);
        }
        else if (command.InstanceId is null && command.RequiresKnownMemberId)
        {
            _members.AddPendingId(newId, now.MonotonicMs + command.SessionTimeoutMs);
            RefuseJoin(request, ErrorCode.MemberIdRequired, newId);
        }
        else
        {
            AddMember(command, newId, request, now);
        }
    }

    private void AddMember(JoinCommand command, string memberId, long request, ClockReading now)
    {
        if (_members.Count == 0)
        {
            ProtocolType = command.ProtocolType;
        }

        var member = new GroupMember(memberId, command.InstanceId, command.ClientId, command.ClientHost)
        {
            IsNew = true,
        };
        member.Register(command.SessionTimeoutMs, command.RebalanceTimeoutMs, command.Protocols);
        member.ParkJoin(request, now.MonotonicMs + NewMemberJoinTimeoutMs);
        _members.Add(member);
        if (State == GroupState.PreparingRebalance && Generation == 0)
        {
            _joinedDuringDelay = true;
        }

        Rebalance(now);
    }

    private void Rejoin(JoinCommand command, long request, ClockReading now)
    {
        (GroupMember? member, ErrorCode error) = Identify(command.MemberId, command.InstanceId);
        if (error != ErrorCode.None)
        {
            RefuseJoin(request, error, command.MemberId);
            return;
        }

        // The client sent the request again, so nobody waits for the earlier ones any more.
        AnswerJoin(member!, JoinResult.Failed(ErrorCode.RebalanceInProgress, member!.Id), now);
        AnswerSync(member, SyncResult.Failed(ErrorCode.RebalanceInProgress), now);
        bool isUnchanged = member.SpeaksExactly(command.Protocols);
        member.Register(command.SessionTimeoutMs, command.RebalanceTimeoutMs, command.Protocols);
        bool keepsGeneration = State switch
        {
            GroupState.CompletingRebalance => isUnchanged,
            GroupState.Stable => isUnchanged && member.Id != LeaderId,
            _ => false,
        };
        if (keepsGeneration)
        {
            _effects.Add(new JoinReply(request, CurrentGeneration(member)));
            member.Touch(now);
        }
        else
        {
            ParkRejoin(member, request, now);
        }
    }

    /// <summary>
    /// A static member came back without its id: it takes the slot, the assignment and the leadership of its
    /// predecessor, which is fenced. While the chosen protocol stays, nobody else needs to notice (KIP-345).
    /// </summary>
    private void TakeOver(GroupMember old, JoinCommand command, string newId, long request, ClockReading now)
    {
        AnswerJoin(old, JoinResult.Failed(ErrorCode.FencedInstanceId, old.Id), now);
        AnswerSync(old, SyncResult.Failed(ErrorCode.FencedInstanceId), now);
        string? leaderBefore = LeaderId;
        var member = new GroupMember(newId, old.InstanceId, command.ClientId, command.ClientHost)
        {
            Assignment = old.Assignment,
            OwesSync = old.OwesSync,
        };
        member.Register(command.SessionTimeoutMs, command.RebalanceTimeoutMs, command.Protocols);
        _members.Replace(old, member);
        if (LeaderId == old.Id)
        {
            LeaderId = newId;
        }

        bool keepsGeneration = State == GroupState.Stable
            && _members.ChooseProtocol(_members.Find(LeaderId!)!) == ProtocolName;
        if (!keepsGeneration)
        {
            ParkRejoin(member, request, now);
            return;
        }

        // A client that cannot be told to skip the assignment is told that its predecessor leads, so that it does
        // not compute an assignment nobody would take.
        Persist();
        JoinResult current = CurrentGeneration(member);
        _effects.Add(new JoinReply(request, command.SupportsSkippingAssignment
            ? current with { SkipAssignment = member.Id == LeaderId }
            : current with { Leader = leaderBefore ?? "", Members = [] }));
        member.Touch(now);
    }

    private void ParkRejoin(GroupMember member, long request, ClockReading now)
    {
        member.ParkJoin(request, member.IsNew ? now.MonotonicMs + NewMemberJoinTimeoutMs : GroupDeadline.Never);
        Rebalance(now);
    }

    private JoinResult CurrentGeneration(GroupMember member) => new()
    {
        Error = ErrorCode.None,
        GenerationId = Generation,
        ProtocolType = ProtocolType,
        ProtocolName = ProtocolName,
        Leader = LeaderId ?? "",
        MemberId = member.Id,
        Members = member.Id == LeaderId ? EveryoneForTheLeader() : [],
    };

    private JoinedMember[] EveryoneForTheLeader() =>
    [
        .. _members.All.Select(member =>
            new JoinedMember(member.Id, member.InstanceId, member.MetadataFor(ProtocolName!))),
    ];

    private void AnswerJoin(GroupMember member, JoinResult result, ClockReading now)
    {
        if (member.TakeJoin() is long request)
        {
            _effects.Add(new JoinReply(request, result));
            member.Touch(now);
        }
    }

    private void RefuseJoin(long request, ErrorCode error, string memberId) =>
        _effects.Add(new JoinReply(request, JoinResult.Failed(error, memberId)));
}
