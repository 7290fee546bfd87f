namespace StreamFlow.Runtime;

/// <summary>
/// Tasks of one thread whose stores cannot be opened, written or restored at the moment, most likely because the disk is
/// full. Each is tried again and again, but not for longer than <see cref="StreamFlowOptions.TaskTimeout"/>.
/// </summary>
internal sealed class StoreRetries(ThreadServices services, string threadName)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<TaskId, (long Since, long Last)> _tasks = [];

    /// <summary>Whether the next attempt is not due yet.</summary>
    public bool MustWait(TaskId task) =>
        _tasks.TryGetValue(task, out var trouble) && services.Time.GetElapsedTime(trouble.Last) < RetryDelay;

    /// <summary>An attempt has failed.</summary>
    /// <exception cref="StreamsException">It was one too many.</exception>
    public void Report(TaskId task, Exception cause)
    {
        var now = services.Time.GetTimestamp();
        var since = _tasks.TryGetValue(task, out var known) ? known.Since : now;
        var failing = services.Time.GetElapsedTime(since, now);
        if (failing >= services.Options.TaskTimeout)
        {
            var folder = services.StateDirectory is { } directory ? $" in '{directory.PathOf(task)}'" : string.Empty;
            throw new StreamsException(
                $"{threadName}: the stores of task {task}{folder} have not been usable for {Durations.Text(failing)}, longer "
                + $"than TaskTimeout ({Durations.Text(services.Options.TaskTimeout)}). Free space there or move StateDirectory to a larger disk; what is "
                + $"committed is safe in the changelog. The last failure: {cause.Message}",
                cause);
        }

        _tasks[task] = (since, now);
        RuntimeLog.StoresUnusable(services.Logger, cause, threadName, task);
    }

    /// <summary>The task is restored, or gone.</summary>
    public void End(TaskId task) => _tasks.Remove(task);
}
