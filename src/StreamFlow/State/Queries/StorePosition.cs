using StreamFlow.Clients;

namespace StreamFlow.State;

/// <summary>
/// What a view of committed state is complete up to: offsets of the last commit that was applied to it. Written by the
/// task after the state, read by anybody.
/// </summary>
internal sealed class StorePosition
{
    private const long None = -1;
    private long _changelog = None;
    private volatile IReadOnlyList<PartitionOffset> _inputs = [];

    /// <summary>Offset of the next changelog record; null while nothing is known or the store has no changelog.</summary>
    public long? ChangelogOffset => Volatile.Read(ref _changelog) is var offset and not None ? offset : null;

    /// <summary>Offsets of the next records of the task's inputs that are not in the state; empty before the first commit.</summary>
    public IReadOnlyList<PartitionOffset> Inputs => _inputs;

    public void Set(long? changelogOffset, IReadOnlyList<PartitionOffset> inputs)
    {
        Volatile.Write(ref _changelog, changelogOffset ?? None);
        _inputs = inputs;
    }
}
