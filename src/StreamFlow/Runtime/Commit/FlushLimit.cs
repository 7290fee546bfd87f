using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// How many rows may wait in the caches of a thread for a commit: as many as its flush hands on within a time. What is behind
/// a cache runs at the commit, for as long as it takes, and cannot be given up half-way; so the commit has to come before
/// there is too much of it (ADR 0024).
/// </summary>
internal sealed class FlushLimit
{
    /// <summary>Rows that may wait while nothing is known of what is behind them.</summary>
    public const int First = 32;

    private readonly CacheBudget _budget;
    private readonly TimeProvider _time;
    private readonly TimeSpan? _target;

    /// <param name="budget">Knows how many rows wait, and asks for the commit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="target">How long a flush is to take; null for as long as it takes.</param>
    public FlushLimit(CacheBudget budget, TimeProvider time, TimeSpan? target)
    {
        (_budget, _time, _target) = (budget, time, target);
        _budget.MaxDirtyRows = target is null ? int.MaxValue : First;
    }

    /// <summary>Flushes tasks, and learns from it how long rows take.</summary>
    public void Flush(IReadOnlyList<StreamTask> tasks)
    {
        var (rows, began) = (_budget.DirtyRows, _time.GetTimestamp());
        var flushed = 0;
        try
        {
            foreach (var task in tasks)
            {
                task.Flush();
            }

            flushed = rows;
        }
        finally
        {
            // One that took too long ends by an exception too, and the next attempt must not be like it.
            flushed = Math.Max(flushed, Math.Min(rows, Math.Max(1, rows - _budget.DirtyRows)));
            Learn(flushed, _time.GetElapsedTime(began));
        }
    }

    /// <summary>
    /// Never more than twice as many rows may wait as were flushed at once before, since the next ones may be slower; slow ones
    /// lower the limit at once.
    /// </summary>
    /// <param name="rows">How many rows it was; what they made of other rows on their way is part of their time.</param>
    /// <param name="time">How long it took.</param>
    public void Learn(int rows, TimeSpan time)
    {
        if (rows > 0 && _target is { } target)
        {
            var most = Math.Min(int.MaxValue, Math.Max(_budget.MaxDirtyRows, 2L * rows));
            var fitting = time.Ticks <= 0 ? most : (long)((double)target.Ticks * rows / time.Ticks);
            _budget.MaxDirtyRows = (int)Math.Clamp(fitting, 1, most);
        }
    }
}
