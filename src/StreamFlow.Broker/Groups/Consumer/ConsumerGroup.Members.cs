namespace StreamFlow.Broker.Groups;

/// <content>Who is let in, who is fenced, and who goes.</content>
internal sealed partial class ConsumerGroup
{
    private ConsumerHeartbeatResult? Admit(ConsumerHeartbeatCommand command)
    {
        bool joins = command.MemberEpoch == ConsumerHeartbeatCommand.Joining;
        string? holder = command.InstanceId is null ? null : _image.FindInstance(command.InstanceId);
        bool isKnown = _image.Members.ContainsKey(command.MemberId);
        if (!isKnown && holder is null && _image.Members.Count >= Settings.MaxSize)
        {
            return ConsumerHeartbeatResult.Failed(
                ErrorCode.GroupMaxSizeReached,
                $"The consumer group has reached its maximum capacity of {Settings.MaxSize} members.");
        }

        if (joins)
        {
            return holder is not null && _image.CurrentOf(holder).MemberEpoch != ConsumerHeartbeatCommand.LeavingForAWhile
                ? ConsumerHeartbeatResult.Failed(
                    ErrorCode.UnreleasedInstanceId,
                    $"Static member {command.MemberId} with instance id {command.InstanceId} cannot join the group"
                    + $" because the instance id is owned by {holder} member.")
                : null;
        }

        return RefuseStranger(command.MemberId, command.InstanceId) ?? RefuseEpoch(command);
    }

    private ConsumerHeartbeatResult? RefuseStranger(string memberId, string? instanceId)
    {
        if (instanceId is null)
        {
            return _image.Members.ContainsKey(memberId) ? null : ConsumerHeartbeatResult.Failed(
                ErrorCode.UnknownMemberId, $"Member {memberId} is not a member of group {GroupId}.");
        }

        string? holder = _image.FindInstance(instanceId);
        return holder is null
                ? ConsumerHeartbeatResult.Failed(ErrorCode.UnknownMemberId, $"Instance id {instanceId} is unknown.")
            : holder != memberId
                ? ConsumerHeartbeatResult.Failed(
                    ErrorCode.FencedInstanceId,
                    $"Static member {memberId} with instance id {instanceId} was fenced by member {holder}.")
            : null;
    }

    /// <summary>
    /// The previous epoch passes once more with what the member was last given: the answer with the next one may have
    /// been lost.
    /// </summary>
    private ConsumerHeartbeatResult? RefuseEpoch(ConsumerHeartbeatCommand command)
    {
        CurrentAssignment current = _image.CurrentOf(command.MemberId);
        bool isLostAnswer = command.MemberEpoch < current.MemberEpoch
            && command.MemberEpoch == current.PreviousMemberEpoch
            && command.Owned is not null
            && command.Owned.All(current.Assigned.ContainsKey);
        if (command.MemberEpoch == current.MemberEpoch || isLostAnswer)
        {
            return null;
        }

        string relation = command.MemberEpoch > current.MemberEpoch ? "greater" : "smaller";
        return ConsumerHeartbeatResult.Failed(
            ErrorCode.FencedMemberEpoch,
            $"The consumer group member has a {relation} member epoch ({command.MemberEpoch}) than the one known by the"
            + $" group coordinator ({current.MemberEpoch}). The member must abandon all its partitions and rejoin.");
    }

    /// <summary>Gives the place of a static member to the one that comes in its stead: nobody else notices.</summary>
    private void TakeOverInstance(string? instanceId, string memberId)
    {
        if (instanceId is null || _image.FindInstance(instanceId) is not { } old || old == memberId)
        {
            if (_image.CurrentOf(memberId).MemberEpoch == ConsumerHeartbeatCommand.LeavingForAWhile)
            {
                Write(new CurrentAssignmentRecord(memberId, AsNewcomer(_image.CurrentOf(memberId))));
            }

            return;
        }

        MemberMetadata metadata = _image.Members[old];
        IReadOnlySet<TopicIdPartition> target = _image.TargetOf(old);
        CurrentAssignment current = _image.CurrentOf(old);
        WriteGone(old);
        Write(new MemberMetadataRecord(memberId, metadata));
        Write(new TargetAssignmentRecord(memberId, target));
        Write(new CurrentAssignmentRecord(memberId, AsNewcomer(current)));
    }

    /// <summary>Whoever starts anew has nothing left to give up.</summary>
    private static CurrentAssignment AsNewcomer(CurrentAssignment current) =>
        CurrentAssignment.None with { Assigned = current.Assigned };

    private ConsumerHeartbeatResult Leave(ConsumerHeartbeatCommand command, ClockReading now)
    {
        if (RefuseStranger(command.MemberId, command.InstanceId) is { } refusal)
        {
            return refusal;
        }

        if (command.MemberEpoch == ConsumerHeartbeatCommand.LeavingForAWhile)
        {
            // The session goes on: whoever comes back within it finds its partitions.
            CurrentAssignment away = _image.CurrentOf(command.MemberId) with
            {
                MemberEpoch = ConsumerHeartbeatCommand.LeavingForAWhile,
                PendingRevocation = CurrentAssignment.None.PendingRevocation,
            };
            Write(new CurrentAssignmentRecord(command.MemberId, away));
            DeadlinesOf(command.MemberId).Revocation = GroupDeadline.Never;
        }
        else
        {
            Remove([command.MemberId], now);
        }

        return new ConsumerHeartbeatResult
        {
            Error = ErrorCode.None, MemberId = command.MemberId, MemberEpoch = command.MemberEpoch,
        };
    }

    private void Remove(IReadOnlyList<string> memberIds, ClockReading now)
    {
        foreach (string memberId in memberIds)
        {
            WriteGone(memberId);
        }

        ForgetUnusedPatterns();
        RaiseEpoch(MetadataHash());
    }

    private void WriteGone(string memberId)
    {
        Write(new CurrentAssignmentRecord(memberId, null));
        Write(new TargetAssignmentRecord(memberId, null));
        Write(new MemberMetadataRecord(memberId, null));
        _deadlines.Remove(memberId);
    }
}
