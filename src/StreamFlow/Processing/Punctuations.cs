namespace StreamFlow.Processing;

/// <summary>
/// The punctuations of one task, by the rules of Kafka Streams: each is due at the points of a grid and called once however
/// many points have passed, with the time that it is, not the one that was due.
/// </summary>
internal sealed class Punctuations(TaskContext task)
{
    private readonly PriorityQueue<Punctuation, (long Due, long Sequence)> _streamTime = new();
    private readonly PriorityQueue<Punctuation, (long Due, long Sequence)> _wallClock = new();
    private long _sequence;

    /// <summary>When the next wall clock punctuation is due, in milliseconds since 1970; the maximum when none will be.</summary>
    public long NextWallClock => _wallClock.TryPeek(out _, out var at) ? at.Due : long.MaxValue;

    /// <summary>What the latest call was given as its time.</summary>
    public long CalledAt { get; private set; }

    private long WallClock => task.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc cref="TaskContext.Schedule"/>
    public Punctuation Schedule(
        Node node, PunctuationType type, TimeSpan interval, Action<long> callback, DateTimeOffset? start)
    {
        Check(interval, start);
        var milliseconds = (long)interval.TotalMilliseconds;
        var punctuation = new Punctuation(node, milliseconds, callback);
        var (queue, now) = type == PunctuationType.StreamTime ? (_streamTime, task.StreamTime) : (_wallClock, WallClock);
        var anchor = start?.ToUnixTimeMilliseconds();
        if (anchor is null)
        {
            Enqueue(queue, punctuation, type == PunctuationType.StreamTime ? 0 : EventTime.Add(now, milliseconds));
        }
        else if (anchor >= now)
        {
            Enqueue(queue, punctuation, anchor.Value);
        }
        else
        {
            EnqueueNext(queue, punctuation, anchor.Value, now);
        }

        return punctuation;
    }

    /// <exception cref="ArgumentOutOfRangeException">The interval is below a millisecond, or the start before 1970.</exception>
    public static void Check(TimeSpan interval, DateTimeOffset? start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(start ?? DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, nameof(start));
    }

    /// <summary>Calls what is due, by either clock.</summary>
    /// <returns>Whether anything was called.</returns>
    public bool Run()
    {
        var any = task.StreamTime >= 0 && Run(_streamTime, task.StreamTime);
        return (_wallClock.Count > 0 && Run(_wallClock, WallClock)) || any;
    }

    private bool Run(PriorityQueue<Punctuation, (long Due, long Sequence)> queue, long now)
    {
        var any = false;
        while (queue.TryPeek(out var punctuation, out var at) && at.Due <= now)
        {
            queue.Dequeue();
            if (punctuation.IsCancelled)
            {
                continue;
            }

            any = true;
            Call(punctuation, now);
            if (!punctuation.IsCancelled)
            {
                EnqueueNext(queue, punctuation, at.Due, now);
            }
        }

        return any;
    }

    /// <summary>At the end of time nothing comes any more, however often it is reached.</summary>
    private void EnqueueNext(
        PriorityQueue<Punctuation, (long Due, long Sequence)> queue, Punctuation punctuation, long point, long now)
    {
        if (punctuation.TryNext(point, now, out var next))
        {
            Enqueue(queue, punctuation, next);
        }
    }

    private void Enqueue(PriorityQueue<Punctuation, (long Due, long Sequence)> queue, Punctuation punctuation, long due) =>
        queue.Enqueue(punctuation, (due, _sequence++));

    /// <summary>No input record stands behind what a punctuation does. A failure of its own is asked about like any other.</summary>
    private void Call(Punctuation punctuation, long now)
    {
        task.Record.Clear();
        task.Work.Begin(WorkKind.Punctuation, task.Record);
        task.HasWork = true;
        CalledAt = now;
        try
        {
            punctuation.Call(now);
        }
        catch (Exception exception)
        {
            task.Errors.Handle(task, punctuation.Node, ErrorStage.Processing, exception);
        }
    }
}
