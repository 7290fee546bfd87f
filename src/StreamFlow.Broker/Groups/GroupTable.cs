using System.Collections.Concurrent;

namespace StreamFlow.Broker.Groups;

/// <summary>All groups by id. May be used by any thread; a group is only touched under its own lock.</summary>
internal sealed class GroupTable
{
    private readonly ConcurrentDictionary<string, CoordinatedGroup> _groups = new(StringComparer.Ordinal);

    /// <summary>Those there are at about this moment; some may be gone when their lock is taken.</summary>
    public ICollection<CoordinatedGroup> All => _groups.Values;

    public int Count => _groups.Count;

    public bool Contains(string groupId) => _groups.ContainsKey(groupId);

    /// <summary>Takes the lock of a group, if there is one.</summary>
    public HeldGroup Hold(string groupId) => Hold(groupId, null);

    /// <summary>Takes the lock of a group, which is made when there is none.</summary>
    public HeldGroup HoldOrCreate(string groupId, Func<string, CoordinatedGroup> create) => Hold(groupId, create);

    /// <summary>Takes the lock of a group that was found before; nothing when it has gone since.</summary>
    public static HeldGroup Hold(CoordinatedGroup group)
    {
        OrderedLock.Held scope = group.Gate.Enter();
        if (!group.IsRemoved)
        {
            return new HeldGroup(group, scope);
        }

        scope.Dispose();
        return default;
    }

    public void Add(CoordinatedGroup group) => _groups[group.GroupId] = group;

    /// <summary>Takes a group out; its lock must be held.</summary>
    public void Remove(CoordinatedGroup group)
    {
        group.IsRemoved = true;
        _groups.TryRemove(KeyValuePair.Create(group.GroupId, group));
    }

    private HeldGroup Hold(string groupId, Func<string, CoordinatedGroup>? create)
    {
        while (true)
        {
            CoordinatedGroup? group = create is null
                ? _groups.GetValueOrDefault(groupId)
                : _groups.GetOrAdd(groupId, create);
            if (group is null)
            {
                return default;
            }

            // One that was removed while its lock was awaited is not the group of that id any more.
            HeldGroup held = Hold(group);
            if (held.Group is not null)
            {
                return held;
            }
        }
    }
}
