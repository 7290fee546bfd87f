using System.Runtime.InteropServices;

namespace StreamFlow.Processing;

/// <summary>
/// Logs what may happen to every record: the first time at once, then at most once in ten seconds with the number since. A
/// late partition would fill the disk otherwise. Counters count each.
/// </summary>
internal sealed class DropLog(TaskContext task)
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(string Node, DropReason? Reason), Entry> _entries = [];

    /// <summary>Counts a record of a kind.</summary>
    /// <param name="node">Name of the node.</param>
    /// <param name="reason">Why it is left out; null: it is out of order, and kept.</param>
    /// <param name="count">How many there were since the last line, this one included.</param>
    /// <returns>Whether it is time for a line.</returns>
    public bool Admits(string node, DropReason? reason, out long count)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, (node, reason), out var isKnown);
        count = ++entry.Count;
        return (!isKnown || IsOver(entry)) && Told(ref entry);
    }

    /// <summary>Tells of those that no further one has told of.</summary>
    /// <param name="all">Also of those whose time has not come; it is the end.</param>
    public void TellRest(bool all = false)
    {
        foreach (var (node, reason) in _entries.Keys)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, (node, reason));
            var count = entry.Count;
            if (count > 0 && reason is { } why && (all || IsOver(entry)) && Told(ref entry))
            {
                ProcessingLog.DroppedBefore(task.Logger, task.TaskId, node, count, why);
            }
        }
    }

    private bool IsOver(in Entry entry) => task.Time.GetElapsedTime(entry.ToldAt) >= Pause;

    private bool Told(ref Entry entry)
    {
        entry = new Entry { ToldAt = task.Time.GetTimestamp() };
        return true;
    }

    private struct Entry
    {
        public long ToldAt;
        public long Count;
    }
}
