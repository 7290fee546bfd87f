namespace StreamFlow.Broker.Groups;

/// <content>From one generation to the next, and the deadlines that force it.</content>
internal sealed partial class ClassicGroup
{
    private bool _isInitialDelay;
    private bool _joinedDuringDelay;
    private long _remainingDelayMs;

    /// <summary>Acts on every deadline that has come.</summary>
    public void Tick(ClockReading now)
    {
        _members.RemoveExpiredPendingIds(now);
        foreach (GroupMember member in _members.Where(member => member.SessionDeadline <= now.MonotonicMs))
        {
            // The removal of an earlier one may have formed a generation, which renews or removes this one.
            if (_members.Find(member.Id) == member && member.SessionDeadline <= now.MonotonicMs)
            {
                RemoveMember(member);
                RebalanceAfterRemoval(now);
            }
        }

        if (_syncDeadline <= now.MonotonicMs)
        {
            _syncDeadline = GroupDeadline.Never;
            ExpelWhoOwesSync(now);
        }

        CompleteJoinIfAllAreIn(now);
        if (_joinDeadline <= now.MonotonicMs)
        {
            EndJoinWait(now);
        }
    }

    private void Rebalance(ClockReading now)
    {
        if (State != GroupState.PreparingRebalance)
        {
            StartJoinWait(now);
        }

        CompleteJoinIfAllAreIn(now);
    }

    private void RebalanceAfterRemoval(ClockReading now)
    {
        if (State != GroupState.Empty)
        {
            Rebalance(now);
        }
    }

    private void StartJoinWait(ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            AnswerSync(member, SyncResult.Failed(ErrorCode.RebalanceInProgress), now);
            member.OwesSync = false;
        }

        _syncDeadline = GroupDeadline.Never;
        _isInitialDelay = State == GroupState.Empty;
        Move(GroupEvent.RebalanceStarted, now);
        long waitMs = _members.MaxRebalanceTimeoutMs();
        if (_isInitialDelay)
        {
            long delayMs = (long)_options.InitialRebalanceDelay.TotalMilliseconds;
            _remainingDelayMs = Math.Max(waitMs - delayMs, 0);
            _joinedDuringDelay = false;
            waitMs = delayMs;
        }

        _joinDeadline = now.MonotonicMs + waitMs;
        if (waitMs == 0)
        {
            EndJoinWait(now);
        }
    }

    /// <summary>The first wait of a group is never cut short: its purpose is to let further members arrive.</summary>
    private void CompleteJoinIfAllAreIn(ClockReading now)
    {
        if (State == GroupState.PreparingRebalance
            && !_isInitialDelay
            && _members.PendingIdCount == 0
            && _members.AllHaveJoined())
        {
            FormGeneration(now);
        }
    }

    private void EndJoinWait(ClockReading now)
    {
        if (_isInitialDelay && _joinedDuringDelay && _remainingDelayMs > 0)
        {
            _joinedDuringDelay = false;
            long delayMs = Math.Min((long)_options.InitialRebalanceDelay.TotalMilliseconds, _remainingDelayMs);
            _remainingDelayMs -= delayMs;
            _joinDeadline = now.MonotonicMs + delayMs;
            return;
        }

        FormGeneration(now);
    }

    private void FormGeneration(ClockReading now)
    {
        _isInitialDelay = false;
        foreach (GroupMember absent in _members.Where(static member => !member.HasJoined && !member.IsStatic))
        {
            RemoveMember(absent);
        }

        if (_members.Count > 0 && !ElectLeader())
        {
            // Only static members are left and none has come back: there is nobody to tell about a generation.
            _joinDeadline = now.MonotonicMs + Math.Max(_members.MaxRebalanceTimeoutMs(), 1);
            return;
        }

        _joinDeadline = GroupDeadline.Never;
        Generation++;
        if (_members.Count == 0)
        {
            ProtocolName = null;
            LeaderId = null;
            Move(GroupEvent.GenerationEmptied, now);
            Persist();
            return;
        }

        ProtocolName = _members.ChooseProtocol(_members.Find(LeaderId!)!);
        Move(GroupEvent.GenerationFormed, now);
        AnswerParkedJoins(now);
        _syncDeadline = now.MonotonicMs + _members.MaxRebalanceTimeoutMs();
    }

    private void AnswerParkedJoins(ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            member.OwesSync = member.HasJoined;
            AnswerJoin(member, CurrentGeneration(member), now);
            member.IsNew = false;
            member.Touch(now);
        }
    }

    private bool ElectLeader()
    {
        if (LeaderId is not null && _members.Find(LeaderId) is { HasJoined: true })
        {
            return true;
        }

        LeaderId = _members.All.FirstOrDefault(static member => member.HasJoined)?.Id;
        return LeaderId is not null;
    }

    /// <summary>
    /// Members that took their join reply and never asked for the assignment hold up the others. A static member that
    /// did not rejoin owes nothing: it stays until its session ends.
    /// </summary>
    private void ExpelWhoOwesSync(ClockReading now)
    {
        GroupMember[] late = _members.Where(static member => member.OwesSync);
        foreach (GroupMember member in late)
        {
            RemoveMember(member);
        }

        if (late.Length > 0)
        {
            Rebalance(now);
        }
    }

    private void RemoveMember(GroupMember member)
    {
        if (member.TakeJoin() is long join)
        {
            RefuseJoin(join, ErrorCode.UnknownMemberId, member.Id);
        }

        if (member.TakeSync() is long sync)
        {
            _effects.Add(new SyncReply(sync, SyncResult.Failed(ErrorCode.UnknownMemberId)));
        }

        _members.Remove(member);
        if (LeaderId == member.Id)
        {
            LeaderId = null;
        }
    }

    private void Persist() => _effects.Add(new PersistGroup(Snapshot()));
}
