using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// The turns of a thread. In each, its tasks process in short runs that go round. Between two runs it is looked whether
/// something else is due. Where a turn stops the next one goes on, so no task starves, however short they are. A task that is
/// too far ahead of the others of its sub-topology in event time is passed over (<see cref="EventTimePace"/>), so that a
/// window downstream does not close because one partition of a backlog ran ahead.
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

    /// <summary>
    /// How long a thread waits that has records, but only such that are too far ahead of others which are on their way: it
    /// must also see when they do not come.
    /// </summary>
    private static readonly TimeSpan HeldWait = TimeSpan.FromMilliseconds(1);

    private int _next;
    private bool _isHeld;
    private EventTimePace? _pace;
    private PaceLimits _limits;

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
        (_pace, _isHeld) = (null, false);
        while (idle < running.Count && processed < MaxRecords * running.Count)
        {
            var task = Next(running);
            work?.Begin(WorkKind.Records, task.Context.Record, last);
            var records = task.Process(task.RunLength.Records, signals, LimitOf(task, last));
            if (records == 0)
            {
                idle = MayGoOn(task, last) ? 0 : idle + 1;
                continue;
            }

            idle = 0;
            processed += records;
            last = EndRun(task, records, last);
            if (signals.Any || budget.CommitDue || task.Context.CommitRequested || time.GetElapsedTime(start, last) >= length)
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
        limits.WaitAfter(sinceCommit, UntilPunctuation(running)) is var wait && _isHeld && wait > HeldWait ? HeldWait : wait;

    /// <summary>Tells who learns from it how long a run took, and does what has become due meanwhile.</summary>
    /// <returns>A timestamp of the clock.</returns>
    private long EndRun(StreamTask task, int records, long began)
    {
        var now = time.GetTimestamp();
        task.TellPace(records, now);
        var lasted = time.GetElapsedTime(began, now);
        task.RunLength.Learn(records, lasted);
        task.Context.Metrics.Counts.Processing += lasted;
        task.Context.Record.Finish(now);
        gap?.Ran(task, records, lasted);
        return task.RunDue() ? time.GetTimestamp() : now;
    }

    private StreamTask Next(IReadOnlyList<StreamTask> running)
    {
        if (_next >= running.Count)
        {
            (_next, _pace) = (0, null);
        }

        return running[_next++];
    }

    /// <summary>A task had nothing to process, or only what is too far ahead.</summary>
    /// <returns>Whether the others learn by it that they may go on.</returns>
    private bool MayGoOn(StreamTask task, long now)
    {
        var state = task.TellPace(0, now);
        _isHeld |= state is PaceState.Held or PaceState.HeldAnew;
        return state == PaceState.HeldAnew;
    }

    /// <summary>The latest event time a task may process: looked up once for all tasks of a sub-topology that follow each other.</summary>
    private long LimitOf(StreamTask task, long now)
    {
        if (task.Pace.Shared is not { } pace)
        {
            return EventTime.End;
        }

        if (!ReferenceEquals(pace, _pace))
        {
            (_pace, _limits) = (pace, pace.Look(now));
        }

        return task.Pace.BeginRun(in _limits, now);
    }

    private TimeSpan UntilPunctuation(IReadOnlyList<StreamTask> running)
    {
        var next = long.MaxValue;
        for (var i = 0; i < running.Count; i++)
        {
            next = Math.Min(next, running[i].Context.Punctuations?.NextWallClock ?? long.MaxValue);
        }

        return next == long.MaxValue ? TimeSpan.MaxValue : EventTime.Moment(next) - time.GetUtcNow();
    }
}
