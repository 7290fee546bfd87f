
namespace StreamFlow.Broker.Groups;

/// <content>What is stored of a group, how it comes back, and what administrators see.</content>
internal sealed partial class Group
{
    private const string ConsumerProtocolType = "consumer";

    public bool IsConsumerGroup => ProtocolType == ConsumerProtocolType;

    /// <summary>
    /// Rebuilds a group from its record. One with members comes back Stable with fresh sessions, so that clients
    /// that kept running through a restart of the broker go on without a rebalance.
    /// </summary>
    public static Group Restore(
        string groupId, GroupSnapshot snapshot, GroupCoordinatorOptions options, ClockReading now)
    {
        var group = new Group(groupId, options, now)
        {
            Generation = snapshot.Generation,
            ProtocolType = snapshot.ProtocolType.Length == 0 ? null : snapshot.ProtocolType,
            ProtocolName = snapshot.ProtocolName,
            StateTimestampMs = snapshot.StateTimestampMs,
        };
        foreach (MemberSnapshot stored in snapshot.Members)
        {
            var member = new GroupMember(stored.MemberId, stored.InstanceId, stored.ClientId, stored.ClientHost)
            {
                Assignment = stored.Assignment,
            };
            member.Register(
                stored.SessionTimeoutMs,
                stored.RebalanceTimeoutMs,
                [new GroupProtocol(snapshot.ProtocolName ?? "", stored.Subscription)]);
            member.Touch(now);
            group._members.Add(member);
        }

        if (snapshot.Members.Count > 0)
        {
            group.State = GroupState.Stable;
            group.LeaderId = snapshot.Leader;
        }

        return group;
    }

    public GroupSnapshot Snapshot() => new()
    {
        ProtocolType = ProtocolType ?? "",
        Generation = Generation,
        ProtocolName = ProtocolName,
        Leader = LeaderId,
        StateTimestampMs = StateTimestampMs,
        Members =
        [
            .. _members.All.Select(member => new MemberSnapshot(
                member.Id,
                member.InstanceId,
                member.ClientId,
                member.ClientHost,
                member.RebalanceTimeoutMs,
                member.SessionTimeoutMs,
                member.MetadataFor(ProtocolName ?? ""),
                member.Assignment)),
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
                if (ConsumerSubscription.MayContain(protocol.Metadata, topic))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
