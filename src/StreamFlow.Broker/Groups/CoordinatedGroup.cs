namespace StreamFlow.Broker.Groups;

/// <summary>
/// A group with what the coordinator keeps beside its state machine. Everything here is guarded by <see cref="Gate"/>.
/// </summary>
internal sealed class CoordinatedGroup(IGroup machine)
{
    private const int BytesOfOne = 1500;

    /// <summary>The lock of this group; nobody holds those of two groups.</summary>
    public OrderedLock Gate { get; } = new(LockRank.Group);

    public string GroupId { get; } = machine.GroupId;

    /// <summary>Another one once the group changes between the protocols.</summary>
    public IGroup Machine { get; set; } = machine;

    /// <summary>What it takes in memory, about.</summary>
    public long Bytes => BytesOfNew(GroupId) + Machine.Bytes + Offsets.Bytes;

    /// <summary>What a group without members and offsets takes, about.</summary>
    public static long BytesOfNew(string groupId) => BytesOfOne + (2L * groupId.Length);

    /// <summary>How much of that is counted.</summary>
    public long CountedBytes { get; set; }

    public GroupOffsets Offsets { get; } = new();

    public Dictionary<long, TaskCompletionSource<JoinResult>> Joins { get; } = [];

    public Dictionary<long, TaskCompletionSource<SyncResult>> Syncs { get; } = [];

    /// <summary>True once it has left the table: whoever waited for the lock has to look again.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Completes when the group's last record is durable; no reply may overtake it.</summary>
    public Task LastRecord { get; set; } = Task.CompletedTask;

    /// <summary>
    /// Records that could not be written: the log is behind the memory there, and what they should say by now is written
    /// before anything is answered that rests on it.
    /// </summary>
    public HashSet<GroupRecordKey> Unwritten { get; } = [];

    /// <summary>True once the log holds a record of a classic group, which then needs a tombstone to go.</summary>
    public bool HasClassicRecord { get; set; }

    /// <summary>The deadline the timer queue knows of; guarded by that queue.</summary>
    public long ArmedFor { get; set; } = GroupDeadline.Never;
}

/// <summary>A group whose lock the caller holds until it disposes of this.</summary>
internal readonly ref struct HeldGroup(CoordinatedGroup? group, OrderedLock.Held scope)
{
    private readonly OrderedLock.Held _scope = scope;

    /// <summary>Null when there is no such group; then no lock is held either.</summary>
    public CoordinatedGroup? Group { get; } = group;

    public void Dispose() => _scope.Dispose();
}
