namespace StreamFlow.Broker.Groups;

/// <summary>
/// The members of a group in the order they came, the instance ids that map to them, and the member ids handed out
/// whose owners have not joined yet.
/// </summary>
internal sealed class MemberTable
{
    private const int BytesOfPendingId = 100;

    private readonly OrderedDictionary<string, GroupMember> _members = [];
    private readonly Dictionary<string, GroupMember> _instances = [];
    private readonly Dictionary<string, long> _pendingIds = [];

    public int Count => _members.Count;

    /// <summary>What members and ids that were handed out take in memory, about.</summary>
    public long Bytes => _members.Values.Sum(static member => member.Bytes)
        + _pendingIds.Keys.Sum(static id => BytesOfPendingId + (2L * id.Length));

    public int PendingIdCount => _pendingIds.Count;

    public IEnumerable<GroupMember> All => _members.Values;

    public GroupMember? Find(string memberId) => _members.GetValueOrDefault(memberId);

    public GroupMember? FindInstance(string instanceId) => _instances.GetValueOrDefault(instanceId);

    public GroupMember[] Where(Func<GroupMember, bool> condition) => [.. _members.Values.Where(condition)];

    public void Add(GroupMember member)
    {
        _members.Add(member.Id, member);
        if (member.InstanceId is not null)
        {
            _instances.Add(member.InstanceId, member);
        }
    }

    public void Remove(GroupMember member)
    {
        _members.Remove(member.Id);
        if (member.InstanceId is not null)
        {
            _instances.Remove(member.InstanceId);
        }
    }

    /// <summary>Puts <paramref name="successor"/> in the place of the static member it takes over from.</summary>
    public void Replace(GroupMember member, GroupMember successor)
    {
        int index = _members.IndexOf(member.Id);
        Remove(member);
        _members.Insert(index, successor.Id, successor);
        _instances.Add(successor.InstanceId!, successor);
    }

    public void AddPendingId(string memberId, long deadline) => _pendingIds.Add(memberId, deadline);

    public bool RemovePendingId(string memberId) => _pendingIds.Remove(memberId);

    public void RemoveExpiredPendingIds(ClockReading now)
    {
        foreach ((string memberId, long deadline) in _pendingIds)
        {
            if (deadline <= now.MonotonicMs)
            {
                _pendingIds.Remove(memberId);
            }
        }
    }

    public bool AllHaveJoined() => _members.Values.All(static member => member.HasJoined);

    public bool AllHaveSynced() => _members.Values.All(static member => !member.OwesSync);

    /// <summary>The longest any member may take to rejoin; zero without members.</summary>
    public int MaxRebalanceTimeoutMs() =>
        _members.Values.Select(static member => member.RebalanceTimeoutMs).DefaultIfEmpty(0).Max();

    /// <summary>The earliest session or pending-id deadline, or <see cref="GroupDeadline.Never"/>.</summary>
    public long NextDeadline()
    {
        long next = GroupDeadline.Never;
        foreach (GroupMember member in _members.Values)
        {
            next = Math.Min(next, member.SessionDeadline);
        }

        foreach (long deadline in _pendingIds.Values)
        {
            next = Math.Min(next, deadline);
        }

        return next;
    }

    /// <summary>True when one of the protocols is spoken by every member.</summary>
    public bool AnySupportedByAll(IReadOnlyList<GroupProtocol> protocols) =>
        protocols.Any(protocol => IsSupportedByAll(protocol.Name));

    /// <summary>
    /// The protocol for the next generation: every member votes for the first one in its own order that all speak;
    /// most votes win, a tie goes to the first in the leader's order.
    /// </summary>
    public string ChooseProtocol(GroupMember leader)
    {
        string[] candidates =
            [.. leader.Protocols.Select(static protocol => protocol.Name).Where(IsSupportedByAll)];
        int[] votes = new int[candidates.Length];
        foreach (GroupMember member in _members.Values)
        {
            GroupProtocol vote = member.Protocols.First(protocol => candidates.Contains(protocol.Name));
            votes[Array.IndexOf(candidates, vote.Name)]++;
        }

        return candidates[Array.IndexOf(votes, votes.Max())];
    }

    private bool IsSupportedByAll(string protocolName) =>
        _members.Values.All(member => member.Supports(protocolName));
}
