namespace StreamFlow.Runtime;

/// <summary>
/// Decides whether a task may go on while one of its input partitions has nothing to read (<c>max.task.idle.ms</c>):
/// negative, always; otherwise only when the broker has nothing either, and then after the given time.
/// </summary>
internal sealed class TaskIdling(TimeProvider time, TimeSpan maxIdle)
{
    /// <summary>Whether nobody waits for records that are not here.</summary>
    public bool NeverWaits => maxIdle < TimeSpan.Zero;

    public bool MayGoOnWithout(PartitionQueue queue)
    {
        if (NeverWaits)
        {
            return true;
        }

        if (!queue.AtEnd)
        {
            queue.IdleSince = null;
            return false;
        }

        if (maxIdle == TimeSpan.Zero)
        {
            return true;
        }

        var now = time.GetTimestamp();
        queue.IdleSince ??= now;
        return time.GetElapsedTime(queue.IdleSince.Value, now) >= maxIdle;
    }
}
