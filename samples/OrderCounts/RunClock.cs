namespace OrderCounts;

/// <summary>When the run began, in event time and on the clock, and when it is over.</summary>
internal sealed class RunClock
{
    private const long MaxStepMs = 20;
    private static readonly TimeSpan Span = TimeSpan.FromHours(20);
    private readonly TimeProvider _time;
    private long _began;

    /// <summary>
    /// Lays the run into the past 20 hours: late enough for the changelog, which keeps a window for a day, early enough for
    /// brokers, which refuse records from the future; and behind everything counted before, so that nothing is late by itself.
    /// </summary>
    /// <param name="time">The clock.</param>
    /// <param name="orders">Number of orders to come.</param>
    /// <param name="countedUntilMs">End of the last window counted by earlier runs; 0 when there were none.</param>
    /// <param name="duration">When the run is over; null for no limit.</param>
    public RunClock(TimeProvider time, long orders, long countedUntilMs, TimeSpan? duration)
    {
        _time = time;
        Duration = duration;
        StepMs = Math.Clamp((long)Span.TotalMilliseconds / Math.Max(1, orders), 1, MaxStepMs);
        if (orders == long.MaxValue)
        {
            StepMs = MaxStepMs;
        }

        var earliest = Math.Max(
            (time.GetUtcNow() - Span).ToUnixTimeMilliseconds(),
            countedUntilMs == 0 ? 0 : countedUntilMs + (long)Pipeline.Grace.TotalMilliseconds);
        StartMs = (earliest + Pipeline.WindowMs - 1) / Pipeline.WindowMs * Pipeline.WindowMs;
    }

    /// <summary>Event time of the first order; the start of a window.</summary>
    public long StartMs { get; }

    /// <summary>Event time between two orders.</summary>
    public long StepMs { get; }

    /// <summary>Since <see cref="Begin"/>; nothing before.</summary>
    public TimeSpan Elapsed => Volatile.Read(ref _began) is not 0 and var began ? _time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>How long the run goes on; null for no limit.</summary>
    public TimeSpan? Duration { get; }

    public bool TimeIsUp => Duration is { } limit && Elapsed >= limit;

    /// <summary>The worker is running: from now on the time counts.</summary>
    public void Begin() => Volatile.Write(ref _began, _time.GetTimestamp());
}
