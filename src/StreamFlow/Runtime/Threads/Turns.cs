using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// The turns of a thread. In each, its tasks process in short runs that go round, so that the partitions of a backlog stay
/// close in event time and a window downstream does not close because one of them ran ahead. Between two runs it is looked
/// whether something else is due. Where a turn stops the next one goes on, so no task starves, however short they are.
/// </summary>
/// <param name="limits">How long turns may be.</param>
/// <param name="time">The clock.</param>
/// <param name="budget">Tells when a commit is due for what is not committed.</param>
/// <param name="signals">What others ask of the thread.</param>
/// <param name="work">Where the thread shows what it is at; null: nobody looks.</param>
/// <param name="gap">Learns how long runs of records take; null: nobody does.</param>
internal sealed class Turns(
    TurnLimits limits, TimeProvider time, CacheBudget budget, ThreadSignals signals, WorkAtHand? work = null,
    PollGap? gap = null)
{
    /// <summary>Per task and turn. Between turns the producer is served, whose queue is bounded.</summary>
    public const int MaxRecords = 1024;

    private int _next;

    /// <summary>Does what is due by time, and processes until there is nothing left or something else is due.</summary>
    /// <param name="running">The tasks.</param>
    /// <param name="sinceCommit">Time since the last commit.</param>
    /// <returns>How many records were processed.</returns>
    public int Take(IReadOnlyList<StreamTask> running, TimeSpan sinceCommit)
    {
        // By index, here and below: enumerating an interface would allocate in every turn.
        for (var i = 0; i < running.Count; i++)
        {
            running[i].RunDue();
        }

        var (processed, idle) = (0, 0);
        var length = limits.TurnAfter(sinceCommit, UntilPunctuation(running));
        var start = time.GetTimestamp();
        var last = start;
        while (idle < running.Count && processed < MaxRecords * running.Count)
        {
            var task = Next(running);
            work?.Begin(WorkKind.Records, task.Context.Record, last);
            var records = task.Process(task.RunLength.Records, signals);
            if (records == 0)
            {
                idle++;
                continue;
            }

            idle = 0;
            processed += records;
            var now = time.GetTimestamp();
            var lasted = time.GetElapsedTime(last, now);
            task.RunLength.Learn(records, lasted);
            task.Context.Record.Finish(now);
            gap?.Ran(task, records, lasted);
            last = task.RunDue() ? time.GetTimestamp() : now;
            if (signals.Any || budget.CommitDue || task.Context.CommitRequested || time.GetElapsedTime(start, now) >= length)
            {
                break;
            }
        }

        return processed;
    }

    /// <summary>Whether it is time to commit.</summary>
    /// <inheritdoc cref="Take"/>
    public bool IsCommitDue(IReadOnlyList<StreamTask> running, TimeSpan sinceCommit)
    {
        if (budget.CommitDue || sinceCommit >= limits.CommitAfter)
        {
            return true;
        }

        for (var i = 0; i < running.Count; i++)
        {
            if (running[i].Context.CommitRequested)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How long to wait for records when there were none.</summary>
    /// <inheritdoc cref="Take"/>
    public TimeSpan Wait(IReadOnlyList<StreamTask> running, TimeSpan sinceCommit) =>
        limits.WaitAfter(sinceCommit, UntilPunctuation(running));

    private StreamTask Next(IReadOnlyList<StreamTask> running)
    {
        _next = _next < running.Count ? _next : 0;
        return running[_next++];
    }

    private TimeSpan UntilPunctuation(IReadOnlyList<StreamTask> running)
    {
        var next = long.MaxValue;
        for (var i = 0; i < running.Count; i++)
        {
            next = Math.Min(next, running[i].Context.Punctuations?.NextWallClock ?? long.MaxValue);
        }

        return next == long.MaxValue ? TimeSpan.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(next) - time.GetUtcNow();
    }
}
