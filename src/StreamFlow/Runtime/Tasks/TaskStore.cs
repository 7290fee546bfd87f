using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>A backend, the names of its stores by index, and the batch that the next commit writes to it.</summary>
internal sealed class BackendSlot(IStoreBackend backend, List<string> names)
{
    public IStoreBackend Backend { get; } = backend;

    public List<string> Names { get; } = names;

    public StoreBatch Batch { get; } = new();
}

/// <summary>A store of a task and where its bytes and its changelog are.</summary>
internal sealed record TaskStore(StateStore Store, int Index, BackendSlot Slot, TaskChangelog? Changelog)
{
    /// <summary>The input topic that takes the place of a changelog; or null.</summary>
    public SourceChangelog? Source { get; init; }

    /// <summary>The partition of <see cref="Source"/>.</summary>
    public TopicPartition SourcePartition { get; init; }

    /// <summary>The input that its rows are read or made of, at once; null where that is not so.</summary>
    public TopicPartition? RowsOf { get; init; }

    /// <summary>Whether what has expired of its changelog may be deleted.</summary>
    public bool MayPurge { get; init; }

    /// <summary>What it is restored from; null when it is not.</summary>
    public TopicPartition? RestoredFrom => Source is null ? Changelog?.Topic : SourcePartition;

    /// <summary>Offset of the next changelog record to apply; null when the store must be restored from the beginning.</summary>
    public long? ChangelogOffset => Slot.Backend.TryGetChangelogOffset(Index, out var offset) ? offset : null;

    /// <summary>The changelog offset that what is staged corresponds to; null when it has not moved.</summary>
    public long? TakeOffset(IReadOnlyList<PartitionOffset> inputs)
    {
        if (Source is null)
        {
            return Changelog?.TakeDelivered();
        }

        foreach (var input in inputs)
        {
            if (input.Partition == SourcePartition)
            {
                return input.Offset;
            }
        }

        return null;
    }
}
