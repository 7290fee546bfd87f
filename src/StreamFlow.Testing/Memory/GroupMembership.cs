using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>What a consumer must tell its listener next.</summary>
internal enum GroupNews
{
    None,
    Assigned,
    Revoked,
    Lost,
}

/// <summary>A member's identity and generation at one moment.</summary>
internal sealed class InMemoryGroupMetadata(string groupId, string memberId, int generation) : ConsumerGroupMetadata
{
    public string GroupId { get; } = groupId;

    public string MemberId { get; } = memberId;

    public int Generation { get; } = generation;

    public override void Dispose()
    {
        // Holds nothing: the seam demands it for metadata in native memory.
    }
}

/// <summary>
/// A consumer's side of its group: joins, answers rebalances, and works out which partitions come and go. Callers hold
/// the cluster's lock.
/// </summary>
internal sealed class GroupMembership(ConsumerGroup group, ConsumerRole role, IReadOnlyCollection<string> topics)
{
    private readonly HashSet<TopicPartition> _owned = [];
    private GroupMember? _member;
    private bool _rejoin;

    public InMemoryGroupMetadata Metadata => new(group.Name, _member?.Id ?? string.Empty, _member?.Generation ?? -1);

    public bool HasWork =>
        _member is null
        || _member.IsRemoved
        || _member.IsFenced
        || _member.ForcedRevocations.Count > 0
        || _member.IsAssignmentPending
        || _rejoin
        || (group.State == GroupState.PreparingRebalance && !_member.HasJoined);

    /// <summary>
    /// Goes through the protocol until there is something to tell the listener, or nothing left to do. What it returns
    /// counts as told. As with librdkafka each generation is told of, also by an assignment that adds nothing.
    /// </summary>
    public GroupNews Advance(out List<TopicPartition> partitions)
    {
        partitions = [];
        while (HasWork)
        {
            var news = Step(partitions);
            if (news == GroupNews.Assigned || (news != GroupNews.None && partitions.Count > 0))
            {
                return news;
            }
        }

        return GroupNews.None;
    }

    /// <summary>What the listener must give up when the consumer closes.</summary>
    public GroupNews Surrender(out List<TopicPartition> partitions)
    {
        partitions = [.. _owned];
        _owned.Clear();
        return partitions.Count == 0 ? GroupNews.None
            : _member is null or { IsRemoved: true } ? GroupNews.Lost
            : GroupNews.Revoked;
    }

    /// <summary>
    /// Leaves the group. A static member stays in it, as nobody has told the broker that it is gone, unless it is closed
    /// in order and its role, or whoever closes it, says that it leaves then.
    /// </summary>
    public void Leave(bool inOrder, bool leavesAlways)
    {
        if (_member is { IsRemoved: false, IsFenced: false } member
            && (member.InstanceId is null || (inOrder && (leavesAlways || role.LeavesOnClose))))
        {
            group.Leave(member);
        }
    }

    private GroupNews Step(List<TopicPartition> partitions)
    {
        if (_member is null)
        {
            _member = group.Enter(role, topics);
            return GroupNews.None;
        }

        if (_member.IsFenced)
        {
            throw new KafkaClientException(
                $"FENCED_INSTANCE_ID: another consumer joined as '{role.GroupInstanceId}'.", KafkaErrorKind.InstanceFenced);
        }

        if (_member.IsRemoved)
        {
            partitions.AddRange(_owned);
            _owned.Clear();
            _member = null;
            _rejoin = false;
            return GroupNews.Lost;
        }

        if (_member.ForcedRevocations.Count > 0)
        {
            partitions.AddRange(_member.ForcedRevocations.Where(_owned.Remove));
            _member.ForcedRevocations.Clear();
            _rejoin = true;
            return GroupNews.Revoked;
        }

        return _member.IsAssignmentPending ? TakeAssignment(_member, partitions) : Rejoin(_member);
    }

    private GroupNews TakeAssignment(GroupMember member, List<TopicPartition> partitions)
    {
        member.Generation = group.Generation;
        partitions.AddRange(_owned.Except(member.Assigned));
        if (partitions.Count > 0)
        {
            _owned.ExceptWith(partitions);
            _rejoin = true;
            return GroupNews.Revoked;
        }

        member.IsAssignmentPending = false;
        partitions.AddRange(member.Assigned.Except(_owned));
        _owned.UnionWith(partitions);
        return GroupNews.Assigned;
    }

    private GroupNews Rejoin(GroupMember member)
    {
        if (_rejoin)
        {
            _rejoin = false;
            group.RequestRebalance();
        }

        if (!member.HasJoined)
        {
            group.Join(member, _owned);
        }

        return GroupNews.None;
    }
}
