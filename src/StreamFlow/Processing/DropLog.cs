using System.Globalization;
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

/// <summary>The times of a record that is left out, for the line about it.</summary>
/// <param name="Time">Its event time.</param>
internal readonly record struct DropTimes(long Time)
{
    /// <summary>The latest time that the operator or store has seen, which it was held against; null: that of the task.</summary>
    public long? StreamTime { get; init; }

    /// <summary>The window that it came too late for.</summary>
    public Window? Window { get; init; }

    /// <summary>How long a window stays open after its end, in milliseconds.</summary>
    public long? GraceMs { get; init; }

    /// <summary>How long a store keeps what it has, in milliseconds.</summary>
    public long? RetentionMs { get; init; }

    /// <summary>As text.</summary>
    /// <param name="taskTime">The stream time of the task.</param>
    public string Text(long taskTime)
    {
        var text = $"event time {Moment(Time)}, stream time {Moment(StreamTime ?? taskTime)}";
        if (Window is { } window)
        {
            text += $", window {Moment(window.Start)} to {Moment(window.End)}";
        }

        if (GraceMs is { } grace)
        {
            text += $", grace {Durations.Text(EventTime.Length(grace))}";
        }

        return RetentionMs is { } kept ? $"{text}, kept for {Durations.Text(EventTime.Length(kept))}" : text;
    }

    private static string Moment(long time) => time < 0
        ? time.ToString(CultureInfo.InvariantCulture)
        : EventTime.Moment(time).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
