namespace StreamFlow.Broker.Groups;

/// <content>Waits that end early: the connection, the protocol or the group goes.</content>
internal sealed partial class ClassicGroup
{
    /// <summary>
    /// Forgets a parked request whose connection is gone. That is not a leave: the member stays until its session
    /// ends, since a client that reconnects comes back with its id. A newcomer has nothing yet to come back to, and the
    /// others need not wait for it.
    /// </summary>
    public void Abandon(long request, ClockReading now)
    {
        GroupMember? member = _members.All.FirstOrDefault(x => x.ParkedJoin == request || x.ParkedSync == request);
        if (member is null)
        {
            return;
        }

        _ = member.ParkedJoin == request ? member.TakeJoin() : member.TakeSync();
        if (member.IsNew)
        {
            RemoveMember(member);
            RebalanceAfterRemoval(now);
        }
        else
        {
            member.Touch(now);
        }
    }

    /// <summary>Sends everybody who waits to join anew, since the group is about to change its protocol.</summary>
    public void Interrupt(ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            AnswerJoin(member, JoinResult.Failed(ErrorCode.RebalanceInProgress, member.Id), now);
            AnswerSync(member, SyncResult.Failed(ErrorCode.RebalanceInProgress), now);
        }
    }

    /// <summary>Answers everything parked and ends the group.</summary>
    public void Close(ClockReading now)
    {
        foreach (GroupMember member in _members.All)
        {
            if (member.TakeJoin() is long join)
            {
                _effects.Add(new JoinReply(join, JoinResult.Failed(ErrorCode.CoordinatorNotAvailable, member.Id)));
            }

            AnswerSync(member, SyncResult.Failed(ErrorCode.CoordinatorNotAvailable), now);
        }

        Move(GroupEvent.Closed, now);
    }
}
