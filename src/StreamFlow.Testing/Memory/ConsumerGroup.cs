using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

internal enum GroupState
{
    Empty,
    PreparingRebalance,
    Stable,
}

internal enum GroupEvent
{
    RebalanceNeeded,
    AllJoined,
    LastMemberLeft,
}

/// <summary>One consumer in a group, as the coordinator sees it.</summary>
internal sealed class GroupMember(string id, ConsumerRole role, IReadOnlyCollection<string> topics)
{
    public string Id { get; } = id;

    public string ClientId => role.ClientId;

    public string MarkedClientId => role.MarkedClientId;

    public string? InstanceId => role.GroupInstanceId;

    public IReadOnlyCollection<string> Topics { get; } = topics;

    /// <summary>Whether it answered the rebalance in progress.</summary>
    public bool HasJoined { get; set; }

    /// <summary>The generation the member itself knows of; it lags behind the group's until the member polls.</summary>
    public int Generation { get; set; } = -1;

    /// <summary>What it had when it last joined.</summary>
    public IReadOnlyList<TopicPartition> Owned { get; set; } = [];

    public IReadOnlyList<TopicPartition> Assigned { get; set; } = [];

    /// <summary>Whether <see cref="Assigned"/> has not reached the member yet.</summary>
    public bool IsAssignmentPending { get; set; }

    /// <summary>Whether the group goes on without it.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Whether another consumer took over its static identity.</summary>
    public bool IsFenced { get; set; }

    /// <summary>Partitions a test wants taken from it at its next poll.</summary>
    public List<TopicPartition> ForcedRevocations { get; } = [];
}

/// <summary>
/// A consumer group under the classic protocol with cooperative rebalancing: a rebalance waits until every member has
/// polled, then the generation moves on and everybody learns its part at its next poll. Callers hold the cluster's
/// lock.
/// </summary>
internal sealed class ConsumerGroup(string name, MemoryCluster cluster)
{
    private readonly List<GroupMember> _members = [];
    private readonly Dictionary<TopicPartition, PartitionOffset> _committed = [];
    private readonly Dictionary<TopicPartition, int> _pendingOffsets = [];
    private int _nextMember;

    public string Name { get; } = name;

    public GroupState State { get; private set; }

    public int Generation { get; private set; }

    public IReadOnlyList<GroupMember> Members => _members;

    public IReadOnlyDictionary<TopicPartition, PartitionOffset> CommittedOffsets => _committed;

    public static GroupState Next(GroupState state, GroupEvent @event) => (state, @event) switch
    {
        (_, GroupEvent.RebalanceNeeded) => GroupState.PreparingRebalance,
        (GroupState.PreparingRebalance, GroupEvent.AllJoined) => GroupState.Stable,
        (not GroupState.Empty, GroupEvent.LastMemberLeft) => GroupState.Empty,
        _ => throw new InvalidOperationException($"A group that is {state} cannot see {@event}."),
    };

    public GroupMember Enter(ConsumerRole role, IReadOnlyCollection<string> topics)
    {
        var member = new GroupMember($"{role.MarkedClientId}-{++_nextMember}", role, topics);
        var at = member.InstanceId is null ? -1 : _members.FindIndex(m => m.InstanceId == member.InstanceId);
        if (at >= 0)
        {
            TakeOver(member, _members[at], at);
        }
        else
        {
            _members.Add(member);
            RequestRebalance();
        }

        return member;
    }

    public void Leave(GroupMember member)
    {
        member.IsRemoved = true;
        if (!_members.Remove(member))
        {
            return;
        }

        if (_members.Count == 0)
        {
            State = Next(State, GroupEvent.LastMemberLeft);
            Generation++;
        }
        else
        {
            RequestRebalance();
            CompleteWhenAllJoined();
        }
    }

    public void RequestRebalance()
    {
        if (State != GroupState.PreparingRebalance)
        {
            State = Next(State, GroupEvent.RebalanceNeeded);
            _members.ForEach(m => m.HasJoined = false);
        }

        cluster.Pulse();
    }

    public void Join(GroupMember member, IEnumerable<TopicPartition> owned)
    {
        member.Owned = [.. owned];
        member.HasJoined = true;
        CompleteWhenAllJoined();
    }

    /// <summary>Throws the broker's answer to a commit by somebody who is no longer, or not yet again, a valid
    /// member.</summary>
    public void CheckMember(string memberId, int generation, bool transactional)
    {
        if (generation < 0 && memberId.Length == 0 && (transactional || _members.Count == 0))
        {
            return;
        }

        var member = _members.Find(m => m.Id == memberId)
            ?? throw Migrated($"UNKNOWN_MEMBER_ID: '{memberId}' is not a member of group '{Name}'.");
        if (generation != Generation)
        {
            throw Migrated(
                $"ILLEGAL_GENERATION: member '{member.Id}' speaks of generation {generation}, "
                + $"group '{Name}' is at {Generation}.");
        }
    }

    public void Commit(PartitionOffset offset) => _committed[offset.Partition] = offset;

    /// <summary>The committed offset of a partition, -1 when there is none.</summary>
    public PartitionOffset CommittedOf(TopicPartition partition) =>
        _committed.TryGetValue(partition, out var offset) ? offset : new PartitionOffset(partition, -1);

    public void AddPending(PartitionOffset offset) =>
        _pendingOffsets[offset.Partition] = _pendingOffsets.GetValueOrDefault(offset.Partition) + 1;

    public void EndPending(PartitionOffset offset, bool committed)
    {
        if (--_pendingOffsets[offset.Partition] == 0)
        {
            _pendingOffsets.Remove(offset.Partition);
        }

        if (committed)
        {
            Commit(offset);
        }
    }

    /// <summary>Whether an open transaction holds an offset of the partition, so that a stable one is not known
    /// yet.</summary>
    public bool IsUnstable(TopicPartition partition) => _pendingOffsets.ContainsKey(partition);

    private static KafkaClientException Migrated(string message) => new(message, KafkaErrorKind.Migrated);

    private void TakeOver(GroupMember member, GroupMember old, int at)
    {
        old.IsFenced = true;
        _members[at] = member;
        member.Assigned = old.Assigned;
        if (State == GroupState.Stable && member.Topics.ToHashSet().SetEquals(old.Topics))
        {
            member.IsAssignmentPending = true;
        }
        else
        {
            RequestRebalance();
        }

        cluster.Pulse();
    }

    private void CompleteWhenAllJoined()
    {
        if (State != GroupState.PreparingRebalance || !_members.TrueForAll(m => m.HasJoined))
        {
            return;
        }

        Generation++;
        State = Next(State, GroupEvent.AllJoined);
        var partitions = cluster.PartitionsOf(_members.SelectMany(m => m.Topics).Distinct());
        foreach (var (member, assigned) in StickyBalancer.Balance(_members, partitions))
        {
            member.Assigned = assigned;
            member.IsAssignmentPending = true;
        }

        cluster.Pulse();
    }
}
