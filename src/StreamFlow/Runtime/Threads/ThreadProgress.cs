using StreamFlow.Measuring;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>How far a thread and its tasks are, for a status.</summary>
internal static class ThreadProgress
{
    /// <summary>The tasks with the records they are at.</summary>
    /// <param name="tasks">The tasks, as the thread has told of them.</param>
    /// <param name="contexts">What is known of them as they run.</param>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<StreamTaskStatus> Of(
        IReadOnlyList<StreamTaskStatus> tasks, IReadOnlyList<RunningTask> contexts, TimeProvider time)
    {
        var byTask = contexts.ToDictionary(c => c.Record.TaskId);
        return [.. tasks.Select(task => byTask.TryGetValue(task.TaskId, out var found) ? With(task, found, time) : task)];
    }

    /// <summary>The status of the thread of global tables; null where there is none.</summary>
    public static GlobalThreadStatus? Of(GlobalThread? thread, TimeSpan limit) => thread is null
        ? null
        : new GlobalThreadStatus(thread.Name) { Stalled = StallOf(thread.Steps, limit, TimeSpan.MaxValue) };

    /// <summary>What a thread has been at for too long; null when it goes on.</summary>
    /// <param name="steps">What it is at.</param>
    /// <param name="limit">How long it may be at one thing.</param>
    /// <param name="maxPollInterval">How long its group waits for it.</param>
    public static StalledWork? StallOf(StepWatch steps, TimeSpan limit, TimeSpan maxPollInterval)
    {
        var (work, lasts) = steps.Look();
        return lasts < limit
            ? null
            : new StalledWork(work.ToString(), lasts)
            {
                TaskId = work.TaskId,
                Record = work.Record,
                IsLeftBehind = lasts >= maxPollInterval,
            };
    }

    /// <summary>The age of a transaction that the broker will abort soon; null where there is time.</summary>
    /// <param name="age">For how long it has been open.</param>
    /// <param name="timeout">After how long the broker aborts it.</param>
    public static TimeSpan? HangingOf(TimeSpan age, TimeSpan timeout) => age > timeout * 0.75 ? age : null;

    private static StreamTaskStatus With(StreamTaskStatus task, RunningTask found, TimeProvider time)
    {
        var known = task with
        {
            Inputs = [.. found.Inputs.Select(i => new TaskInputStatus(i.Partition, i.Position, i.End))],
        };
        return found.Record.TryGetLast(out var record, out var timestamp)
            ? known with { LastRecord = record, LastFinished = time.GetUtcNow() - time.GetElapsedTime(timestamp) }
            : known;
    }
}

/// <summary>What others may look at of a task while it runs.</summary>
/// <param name="Record">The record it is at.</param>
/// <param name="Inputs">How far its input partitions are.</param>
internal sealed record RunningTask(RecordContext Record, IReadOnlyList<SourceCounts> Inputs);
