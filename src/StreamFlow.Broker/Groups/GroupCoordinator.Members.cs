namespace StreamFlow.Broker.Groups;

/// <content>What members ask for.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>Strings are stored with a 16-bit length; member ids add a suffix to one of them.</summary>
    private const int MaxNameBytes = short.MaxValue - 64;

    /// <summary>Answers a JoinGroup once the generation is formed.</summary>
    /// <exception cref="OperationCanceledException">The connection went away while the request was parked.</exception>
    public ValueTask<JoinResult> JoinAsync(JoinCommand command, CancellationToken connectionGone)
    {
        ErrorCode refusal = CheckJoin(command);
        refusal = refusal == ErrorCode.None && command.MemberId.Length == 0 ? RefuseFounding(command.GroupId) : refusal;
        if (refusal != ErrorCode.None)
        {
            return new(JoinResult.Failed(refusal, command.MemberId));
        }

        var reply = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        CoordinatedGroup group;
        long request = Interlocked.Increment(ref _lastRequest);
        using (HeldGroup held = command.MemberId.Length == 0 ? HoldOrCreate(command.GroupId) : _groups.Hold(command.GroupId))
        {
            if (_isStopped || held.Group is null)
            {
                return new(JoinResult.Failed(
                    _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.UnknownMemberId, command.MemberId));
            }

            group = held.Group;
            refusal = RefuseGrowth(group, command.MemberId, GroupProtocol.SizeOf(command.Protocols));
            if (refusal != ErrorCode.None)
            {
                return new(JoinResult.Failed(refusal, command.MemberId));
            }

            MakeClassicIfEmpty(group);
            group.Joins.Add(request, reply);
            group.Machine.Join(command, request, Guid.NewGuid().ToString(), Now());
            Apply(group);
        }

        return AwaitReplyAsync(reply, group, request, connectionGone);
    }

    /// <summary>Answers a SyncGroup once the leader's assignment is there and durable.</summary>
    /// <exception cref="OperationCanceledException">The connection went away while the request was parked.</exception>
    public ValueTask<SyncResult> SyncAsync(SyncCommand command, CancellationToken connectionGone)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return new(SyncResult.Failed(ErrorCode.InvalidGroupId));
        }

        var reply = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        CoordinatedGroup group;
        long request = Interlocked.Increment(ref _lastRequest);
        using (HeldGroup held = _groups.Hold(command.GroupId))
        {
            if (_isStopped || held.Group is null)
            {
                return new(SyncResult.Failed(
                    _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.UnknownMemberId));
            }

            group = held.Group;
            if (RefuseAssignments(group, command) is var refusal and not ErrorCode.None)
            {
                return new(SyncResult.Failed(refusal));
            }

            group.Syncs.Add(request, reply);
            group.Machine.Sync(command, request, Now());
            Apply(group);
        }

        return AwaitReplyAsync(reply, group, request, connectionGone);
    }

    public ErrorCode Heartbeat(HeartbeatCommand command)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        using HeldGroup held = _groups.Hold(command.GroupId);
        if (_isStopped || held.Group is not { } group)
        {
            return _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.UnknownMemberId;
        }

        ErrorCode error = group.Machine.Heartbeat(command, Now());
        _timers.Arm(group, Now());
        return error;
    }

    /// <summary>Removes members at their own or an administrator's wish.</summary>
    public LeaveResult Leave(string groupId, IReadOnlyList<MemberToLeave> members)
    {
        if (!IsValidGroupId(groupId))
        {
            return new LeaveResult(ErrorCode.InvalidGroupId, []);
        }

        using HeldGroup held = _groups.Hold(groupId);
        if (_isStopped)
        {
            return new LeaveResult(ErrorCode.CoordinatorNotAvailable, []);
        }

        var errors = new ErrorCode[members.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = held.Group?.Machine.Leave(members[i], Now()) ?? ErrorCode.UnknownMemberId;
        }

        if (held.Group is { } group)
        {
            Apply(group);
        }

        return new LeaveResult(ErrorCode.None, errors);
    }

    /// <summary>Answers a ConsumerGroupHeartbeat once what it says is durable.</summary>
    public ValueTask<ConsumerHeartbeatResult> HeartbeatAsync(ConsumerHeartbeatCommand command)
    {
        if (command.Refusal() is var (refusal, reason))
        {
            return new(ConsumerHeartbeatResult.Failed(refusal, reason));
        }

        if (RefuseNames(command) is { } refused)
        {
            return new(refused);
        }

        ConsumerHeartbeatResult result;
        Task record;
        bool joins = command.MemberEpoch == ConsumerHeartbeatCommand.Joining;
        using (HeldGroup held = joins ? HoldOrCreate(command.GroupId) : _groups.Hold(command.GroupId))
        {
            if (_isStopped)
            {
                return new(ConsumerHeartbeatResult.Failed(ErrorCode.CoordinatorNotAvailable, null));
            }

            (ConsumerGroup? machine, ConsumerHeartbeatResult? refusedHere) = FindConsumers(held.Group, command);
            if (machine is null)
            {
                return new(refusedHere!);
            }

            CoordinatedGroup group = held.Group!;
            result = machine.Heartbeat(command, Now());
            Apply(group);
            record = group.LastRecord;
        }

        return result.Error != ErrorCode.None || record.IsCompletedSuccessfully ? new(result) : AfterAsync(record, result);
    }

    private ConsumerHeartbeatResult? RefuseNames(ConsumerHeartbeatCommand command)
    {
        bool fits = Fits(command.GroupId) && Fits(command.MemberId) && Fits(command.TopicPattern);
        return !fits
                ? ConsumerHeartbeatResult.Failed(ErrorCode.InvalidRequest, $"Names and patterns may have up to {MaxNameBytes} bytes.")
            : command.MemberEpoch == ConsumerHeartbeatCommand.Joining && RefuseFounding(command.GroupId) != ErrorCode.None
                ? ConsumerHeartbeatResult.Failed(
                    ErrorCode.GroupMaxSizeReached,
                    "There are as many groups as there may be (MaxGroups), or they hold as much memory as they may.")
            : null;
    }

    private (ConsumerGroup? Machine, ConsumerHeartbeatResult? Refusal) FindConsumers(
        CoordinatedGroup? group, ConsumerHeartbeatCommand command)
    {
        if (group is not null && RefuseGrowth(group, command.MemberId, command.Bytes) is var growth and not ErrorCode.None)
        {
            return (null, ConsumerHeartbeatResult.Failed(
                growth, $"The subscription takes {command.Bytes} bytes, which is more than this member or all groups may."));
        }

        if (group?.Machine is ConsumerGroup consumers)
        {
            return (consumers, null);
        }

        if (group is null)
        {
            string kind = command.IsLeave ? "Group" : "Consumer group";
            return (null, ConsumerHeartbeatResult.Failed(
                ErrorCode.GroupIdNotFound, $"{kind} {command.GroupId} not found."));
        }

        if (command.MemberEpoch != ConsumerHeartbeatCommand.Joining)
        {
            return (null, ConsumerHeartbeatResult.Failed(
                ErrorCode.GroupIdNotFound, $"Group {command.GroupId} is not a consumer group."));
        }

        string? obstacle = Upgrade(group);
        return obstacle is null
            ? ((ConsumerGroup)group.Machine, null)
            : (null, ConsumerHeartbeatResult.Failed(
                ErrorCode.GroupIdNotFound,
                $"Cannot upgrade classic group {command.GroupId} to consumer group because {obstacle}."));
    }

    private static async ValueTask<ConsumerHeartbeatResult> AfterAsync(Task record, ConsumerHeartbeatResult result)
    {
        try
        {
            await record.ConfigureAwait(false);
            return result;
        }
        catch (IOException)
        {
            return ConsumerHeartbeatResult.Failed(ErrorCode.CoordinatorNotAvailable, null);
        }
    }

    private ErrorCode CheckJoin(JoinCommand command)
    {
        if (!IsValidGroupId(command.GroupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        if (command.SessionTimeoutMs < _options.MinSessionTimeout.TotalMilliseconds
            || command.SessionTimeoutMs > _options.MaxSessionTimeout.TotalMilliseconds)
        {
            return ErrorCode.InvalidSessionTimeout;
        }

        bool fits = Fits(command.MemberId) && Fits(command.InstanceId) && Fits(command.ClientId) && Fits(command.ClientHost)
            && Fits(command.ProtocolType) && command.Protocols.All(static protocol => Fits(protocol.Name));
        return fits && command.RebalanceTimeoutMs >= 0 ? ErrorCode.None : ErrorCode.InvalidRequest;
    }

    private async ValueTask<T> AwaitReplyAsync<T>(
        TaskCompletionSource<T> reply, CoordinatedGroup group, long request, CancellationToken connectionGone)
    {
        if (reply.Task.IsCompleted)
        {
            return await reply.Task.ConfigureAwait(false);
        }

        using (connectionGone.UnsafeRegister(_ => Abandon(group, request, connectionGone), null))
        {
            return await reply.Task.ConfigureAwait(false);
        }
    }

    private void Abandon(CoordinatedGroup group, long request, CancellationToken connectionGone)
    {
        using HeldGroup held = GroupTable.Hold(group);
        if (held.Group is null)
        {
            return;
        }

        // A reply that only waits for the disk has left the tables, and completes by itself.
        if (group.Joins.Remove(request, out TaskCompletionSource<JoinResult>? join))
        {
            join.TrySetCanceled(connectionGone);
        }
        else if (group.Syncs.Remove(request, out TaskCompletionSource<SyncResult>? sync))
        {
            sync.TrySetCanceled(connectionGone);
        }

        group.Machine.Abandon(request, Now());
        Apply(group);
    }
}
