using System.Globalization;

namespace StreamFlow;

/// <summary>A task: one partition of one sub-topology.</summary>
/// <param name="SubTopology">Number of the sub-topology, as <c>Topology.Describe()</c> prints it.</param>
/// <param name="Partition">Number of the partition the task reads.</param>
public readonly record struct TaskId(int SubTopology, int Partition) : IComparable<TaskId>
{
    /// <inheritdoc/>
    public int CompareTo(TaskId other) =>
        SubTopology != other.SubTopology
            ? SubTopology.CompareTo(other.SubTopology)
            : Partition.CompareTo(other.Partition);

    /// <summary>The task as Kafka Streams prints it, <c>0_1</c>.</summary>
    /// <returns>Sub-topology and partition joined by an underscore.</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{SubTopology}_{Partition}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <param name="text">Text such as <c>0_1</c>.</param>
    /// <param name="taskId">The task, when the text is one.</param>
    /// <returns>Whether the text is a task id.</returns>
    public static bool TryParse(string text, out TaskId taskId)
    {
        ArgumentNullException.ThrowIfNull(text);
        taskId = default;
        var at = text.IndexOf('_', StringComparison.Ordinal);
        if (at <= 0
            || !int.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var sub)
            || !int.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
        {
            return false;
        }

        taskId = new TaskId(sub, partition);
        return true;
    }

    /// <summary>Orders by sub-topology, then partition.</summary>
    /// <param name="left">One task.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether the left one comes first.</returns>
    public static bool operator <(TaskId left, TaskId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by sub-topology, then partition.</summary>
    /// <param name="left">One task.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether the left one comes first or both are the same.</returns>
    public static bool operator <=(TaskId left, TaskId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by sub-topology, then partition.</summary>
    /// <param name="left">One task.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether the left one comes last.</returns>
    public static bool operator >(TaskId left, TaskId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by sub-topology, then partition.</summary>
    /// <param name="left">One task.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether the left one comes last or both are the same.</returns>
    public static bool operator >=(TaskId left, TaskId right) => left.CompareTo(right) >= 0;
}
