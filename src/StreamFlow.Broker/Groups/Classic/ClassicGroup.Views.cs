namespace StreamFlow.Broker.Groups;

/// <content>What is stored of a group, how it comes back, and what administrators see.</content>
internal sealed partial class ClassicGroup
{
    public bool IsOfConsumers => ProtocolType == ConsumerProtocol.Type;

    /// <summary>
    /// Rebuilds a group from its record. One with members comes back Stable with fresh sessions, so that clients
    /// that kept running through a restart of the broker go on without a rebalance.
    /// </summary>
    public static ClassicGroup Restore(
        string groupId, GroupSnapshot snapshot, GroupCoordinatorOptions options, ClockReading now)
    {
        var group = new ClassicGroup(groupId, options, now)
        {
            Generation = snapshot.Generation,
            ProtocolType = snapshot.ProtocolType.Length == 0 ? null : snapshot.ProtocolType,
            ProtocolName = snapshot.ProtocolName,
            StateTimestampMs = snapshot.StateTimestampMs,
        };
        foreach (MemberSnapshot stored in snapshot.Members)
        {
            group.Add(stored, [new GroupProtocol(snapshot.ProtocolName ?? "", stored.Subscription)], now);
        }

        if (snapshot.Members.Count > 0)
        {
            group.State = GroupState.Stable;
            group.LeaderId = snapshot.Leader;
        }

        return group;
    }

    /// <summary>
    /// Makes a group of the members that were left in a consumer group when the last one left that speaks its protocol.
    /// They keep what they have until they have joined the next generation, which begins at once.
    /// </summary>
    public static ClassicGroup OfMembers(
        string groupId, int generation, IReadOnlyList<MemberSeed> members, GroupCoordinatorOptions options, ClockReading now)
    {
        var group = new ClassicGroup(groupId, options, now)
        {
            Generation = generation,
            ProtocolType = ConsumerProtocol.Type,
            State = GroupState.Stable,
        };
        foreach ((MemberSnapshot stored, IReadOnlyList<GroupProtocol> protocols) in members)
        {
            group.Add(stored, protocols, now);
        }

        GroupMember first = group._members.All.First();
        group.LeaderId = first.Id;
        group.ProtocolName = group._members.ChooseProtocol(first);
        group.Persist();
        group.Rebalance(now);
        return group;
    }

    /// <summary>The members that have been in a generation, with every protocol they speak.</summary>
    public IEnumerable<MemberSeed> Members() =>
        _members.All.Where(static member => !member.IsNew).Select(member => new MemberSeed(Stored(member), member.Protocols));

    public GroupSnapshot Snapshot() => new()
    {
        ProtocolType = ProtocolType ?? "",
        Generation = Generation,
        ProtocolName = ProtocolName,
        Leader = LeaderId,
        StateTimestampMs = StateTimestampMs,
        Members =
        [
            .. _members.All.Select(Stored),
        ],
    };

    public GroupDescription Describe()
    {
        bool isStable = State == GroupState.Stable;
        return new GroupDescription
        {
            Error = ErrorCode.None,
            GroupId = GroupId,
            State = State,
            ProtocolType = ProtocolType ?? "",
            ProtocolName = isStable ? ProtocolName ?? "" : "",
            Members =
            [
                .. _members.All.Select(member => new MemberDescription(
                    member.Id,
                    member.InstanceId,
                    member.ClientId,
                    member.ClientHost,
                    isStable ? member.MetadataFor(ProtocolName ?? "") : [],
                    isStable ? member.Assignment : [])),
            ],
        };
    }

    /// <summary>
    /// Whether a member of this consumer group may read the topic. When a subscription cannot be read the answer is
    /// yes: offsets are deleted only where nobody can need them.
    /// </summary>
    public bool MaySubscribe(string topic)
    {
        foreach (GroupMember member in _members.All)
        {
            foreach (GroupProtocol protocol in member.Protocols)
            {
                if (ConsumerProtocol.MayContain(protocol.Metadata, topic))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// An empty group's offsets count from when it became empty; an administrator may commit to one that has been so for
    /// long, and that offset starts its own time.
    /// </summary>
    public long? UnusedSince(string topic, long commitTimestampMs)
    {
        if (ProtocolType is null)
        {
            return commitTimestampMs;
        }

        if (State == GroupState.Empty)
        {
            return Math.Max(StateTimestampMs, commitTimestampMs);
        }

        bool isIdleTopic = State == GroupState.Stable && IsOfConsumers && !MaySubscribe(topic);
        return isIdleTopic ? commitTimestampMs : null;
    }

    private MemberSnapshot Stored(GroupMember member) => new(
        member.Id,
        member.InstanceId,
        member.ClientId,
        member.ClientHost,
        member.RebalanceTimeoutMs,
        member.SessionTimeoutMs,
        member.MetadataFor(ProtocolName ?? ""),
        member.Assignment);

    private void Add(MemberSnapshot stored, IReadOnlyList<GroupProtocol> protocols, ClockReading now)
    {
        var member = new GroupMember(stored.MemberId, stored.InstanceId, stored.ClientId, stored.ClientHost)
        {
            Assignment = stored.Assignment,
        };
        member.Register(stored.SessionTimeoutMs, stored.RebalanceTimeoutMs, protocols);
        member.Touch(now);
        _members.Add(member);
    }
}
