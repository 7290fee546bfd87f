namespace StreamFlow.Broker.Groups;

/// <content>
/// Members that speak the classic protocol: their joins carry the subscription and what they own, the generation is
/// their epoch, and a heartbeat that answers "rebalance in progress" is how they are told to come for the next step.
/// Unlike in a classic group nothing waits for the others.
/// </content>
internal sealed partial class ConsumerGroup
{
    /// <summary>True when only members of the classic protocol are left.</summary>
    public bool IsAllClassic =>
        _image.Members.Count > 0 && _image.Members.Values.All(static member => member.Classic is not null);

    public void Join(JoinCommand command, long request, string nonce, ClockReading now)
    {
        string? holder = command.InstanceId is null ? null : _image.FindInstance(command.InstanceId);
        ErrorCode error = AdmitJoin(command, holder);
        string memberId = command.MemberId;
        EmbeddedSubscription? subscription = null;
        if (error == ErrorCode.None && memberId.Length == 0)
        {
            memberId = NewMemberId(nonce);
            error = command.InstanceId is null && command.RequiresKnownMemberId ? ErrorCode.MemberIdRequired : error;
        }

        if (error == ErrorCode.None)
        {
            subscription = ConsumerProtocol.ReadSubscription(command.Protocols[0].Metadata);
            error = subscription is null ? ErrorCode.InvalidRequest
                : IsForgotten(memberId, command.InstanceId, subscription) ? ErrorCode.UnknownMemberId
                : error;
        }

        if (error != ErrorCode.None)
        {
            _effects.Add(new JoinReply(request, JoinResult.Failed(error, memberId)));
            return;
        }

        TakeOverInstance(command.InstanceId, memberId);
        Subscribe(memberId, MetadataOf(command, subscription!), OwnedBy(memberId, subscription!), now);
        MemberDeadlines deadlines = DeadlinesOf(memberId);
        deadlines.Join = GroupDeadline.Never;
        deadlines.Sync = now.MonotonicMs + command.RebalanceTimeoutMs;
        _effects.Add(new JoinReply(request, new JoinResult
        {
            Error = ErrorCode.None,
            GenerationId = _image.CurrentOf(memberId).MemberEpoch,
            ProtocolType = ConsumerProtocol.Type,
            ProtocolName = command.Protocols[0].Name,
            MemberId = memberId,
        }));
    }

    public void Sync(SyncCommand command, long request, ClockReading now)
    {
        (MemberMetadata? member, ErrorCode error) = Authenticate(
            command.MemberId, command.InstanceId, command.GenerationId);
        if (error == ErrorCode.None
            && ((command.ProtocolType is not null && command.ProtocolType != ConsumerProtocol.Type)
                || (command.ProtocolName is not null && command.ProtocolName != member!.Classic!.Protocols[0].Name)))
        {
            error = ErrorCode.InconsistentGroupProtocol;
        }

        CurrentAssignment current = _image.CurrentOf(command.MemberId);
        if (error == ErrorCode.None && current.MemberEpoch < _image.TargetEpoch
            && current.State != MemberState.UnrevokedPartitions)
        {
            ExpectJoin(command.MemberId, now);
            error = ErrorCode.RebalanceInProgress;
        }

        if (error != ErrorCode.None)
        {
            _effects.Add(new SyncReply(request, SyncResult.Failed(error)));
            return;
        }

        DeadlinesOf(command.MemberId).Sync = GroupDeadline.Never;
        Touch(command.MemberId, now);
        GroupProtocol protocol = member!.Classic!.Protocols[0];
        _effects.Add(new SyncReply(request, new SyncResult(
            ErrorCode.None, ConsumerProtocol.Type, protocol.Name, ClassicAssignment(protocol, current.Assigned.Keys))));
    }

    public ErrorCode Heartbeat(HeartbeatCommand command, ClockReading now)
    {
        (_, ErrorCode error) = Authenticate(command.MemberId, command.InstanceId, command.GenerationId);
        if (error != ErrorCode.None)
        {
            return error;
        }

        Touch(command.MemberId, now);
        CurrentAssignment current = _image.CurrentOf(command.MemberId);
        bool mustJoin = current.MemberEpoch < (IsAssignmentDue(now) ? _image.GroupEpoch : _image.TargetEpoch)
            || current.State == MemberState.UnrevokedPartitions
            || (current.State == MemberState.UnreleasedPartitions && IsAllReleasedFor(command.MemberId, current));
        if (!mustJoin)
        {
            return ErrorCode.None;
        }

        ExpectJoin(command.MemberId, now);
        return ErrorCode.RebalanceInProgress;
    }

    public ErrorCode Leave(MemberToLeave leaving, ClockReading now)
    {
        string? memberId = leaving.MemberId;
        if (leaving.InstanceId is not null)
        {
            string? holder = _image.FindInstance(leaving.InstanceId);
            if (holder is not null && leaving.MemberId.Length > 0 && holder != leaving.MemberId)
            {
                return ErrorCode.FencedInstanceId;
            }

            memberId = holder;
        }

        if (memberId is null || !_image.Members.ContainsKey(memberId))
        {
            return ErrorCode.UnknownMemberId;
        }

        Remove([memberId], now);
        return ErrorCode.None;
    }

    private ErrorCode AdmitJoin(JoinCommand command, string? holder)
    {
        if (IsDead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (!_image.Members.ContainsKey(command.MemberId) && holder is null && _image.Members.Count >= Settings.MaxSize)
        {
            return ErrorCode.GroupMaxSizeReached;
        }

        if (command.InstanceId is not null && command.MemberId.Length > 0 && holder != command.MemberId)
        {
            return holder is null ? ErrorCode.UnknownMemberId : ErrorCode.FencedInstanceId;
        }

        bool speaksAlike = command.ProtocolType == ConsumerProtocol.Type
            && command.Protocols.Count > 0
            && _image.Members.Values.Select(static member => member.Classic).OfType<ClassicMemberMetadata>().All(
                classic => classic.Protocols.Any(x => command.Protocols.Any(y => x.Name == y.Name)));
        return speaksAlike ? ErrorCode.None : ErrorCode.InconsistentGroupProtocol;
    }

    private static string NewMemberId(string nonce) => Guid.TryParse(nonce, out Guid id) ? MemberIds.Of(id) : nonce;

    private static MemberMetadata MetadataOf(JoinCommand command, EmbeddedSubscription subscription) => new()
    {
        InstanceId = command.InstanceId,
        ClientId = command.ClientId,
        ClientHost = command.ClientHost,
        RebalanceTimeoutMs = command.RebalanceTimeoutMs,
        TopicNames = Sorted(subscription.Topics),
        Classic = new ClassicMemberMetadata(command.SessionTimeoutMs, command.Protocols),
    };

    /// <summary>
    /// Somebody who was removed and does not know it: Kafka takes it in under its old id, and until it has its assignment
    /// it consumes what others were given meanwhile. Told that nobody knows it, it lets go and comes as a newcomer.
    /// </summary>
    private bool IsForgotten(string memberId, string? instanceId, EmbeddedSubscription subscription) =>
        instanceId is null && !_image.Members.ContainsKey(memberId)
        && (subscription.GenerationId >= 0 || subscription.Owned.Count > 0);

    /// <summary>What a member says it owns counts for its own epoch only: of an earlier one it has to let go.</summary>
    private HashSet<TopicIdPartition> OwnedBy(string memberId, EmbeddedSubscription subscription)
    {
        bool isOfOldEpoch = subscription.GenerationId >= 0
            && subscription.GenerationId != _image.CurrentOf(memberId).MemberEpoch;
        return isOfOldEpoch ? [] :
        [
            .. from partition in subscription.Owned
               let topic = _topics.Find(partition.Topic)
               where topic is not null
               select new TopicIdPartition(topic.Id, partition.Partition),
        ];
    }

    private byte[] ClassicAssignment(GroupProtocol protocol, IEnumerable<TopicIdPartition> partitions)
    {
        short version = ConsumerProtocol.ReadSubscription(protocol.Metadata)?.Version ?? 0;
        return ConsumerProtocol.WriteAssignment(
            version,
            from partition in partitions
            let topic = _topics.Find(partition.TopicId)
            where topic is not null
            select new OffsetKey(topic.Name, partition.Partition));
    }

    private bool IsAllReleasedFor(string memberId, CurrentAssignment current) => _image.TargetOf(memberId)
        .All(partition => current.Assigned.ContainsKey(partition) || _image.IsFree(partition));

    private void ExpectJoin(string memberId, ClockReading now)
    {
        MemberDeadlines deadlines = DeadlinesOf(memberId);
        deadlines.Sync = GroupDeadline.Never;
        if (deadlines.Join == GroupDeadline.Never)
        {
            deadlines.Join = now.MonotonicMs + _image.Members[memberId].RebalanceTimeoutMs;
        }
    }

    private (MemberMetadata? Member, ErrorCode Error) Authenticate(string memberId, string? instanceId, int generationId)
    {
        if (RefuseStranger(memberId, instanceId) is { } refusal)
        {
            return (null, refusal.Error);
        }

        MemberMetadata member = _image.Members[memberId];
        return member.Classic is null ? (null, ErrorCode.UnknownMemberId)
            : generationId != _image.CurrentOf(memberId).MemberEpoch ? (null, ErrorCode.IllegalGeneration)
            : (member, ErrorCode.None);
    }
}
