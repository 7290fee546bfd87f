namespace StreamFlow;

/// <summary>
/// Windows of event time: which ones a record is in. <see cref="TumblingWindows"/> and <see cref="HoppingWindows"/> start at
/// regular times; derive from this type for others, such as the days of a time zone. A window is known by its start, which
/// is what a store keeps of it; its end is exclusive. One that would reach beyond <see cref="long.MaxValue"/>, the last moment
/// there is, ends there, includes it and never closes.
/// </summary>
/// <remarks>
/// Windows must depend on event time alone, so that each instance of the application, now and after a restart, makes the same
/// ones. They are called on stream threads for every record.
/// </remarks>
/// <example><code>
/// sealed record LocalDays(TimeZoneInfo Zone) : TimeWindows(TimeSpan.FromHours(25), TimeSpan.FromHours(1))
/// {
///     public override Window FirstWindow(long timestamp) => Day(TimeZoneInfo.ConvertTime(
///         DateTimeOffset.FromUnixTimeMilliseconds(timestamp), Zone).Date);
///
///     public override Window NextWindow(Window window) => FirstWindow(window.End);
///
///     public override Window WindowAt(long start) => FirstWindow(start);
///
///     private Window Day(DateTime date) => new(Math.Max(0, Midnight(date)), Midnight(date.AddDays(1)));
///
///     private long Midnight(DateTime date) => new DateTimeOffset(date, Zone.GetUtcOffset(date)).ToUnixTimeMilliseconds();
/// }
/// </code></example>
public abstract record TimeWindows
{
    /// <summary>Creates windows.</summary>
    /// <param name="size">Length of a window, of the longest where they differ; whole milliseconds, more than zero.</param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    protected TimeWindows(TimeSpan size, TimeSpan grace)
    {
        Size = WholeMilliseconds(size, TimeSpan.FromMilliseconds(1), nameof(size));
        Grace = WholeMilliseconds(grace, TimeSpan.Zero, nameof(grace));
    }

    /// <summary>Length of a window, of the longest where they differ.</summary>
    public TimeSpan Size { get; }

    /// <summary>How long after its end, in event time, a window still takes late records.</summary>
    public TimeSpan Grace { get; }

    internal virtual long SizeMs => Size.Ticks / TimeSpan.TicksPerMillisecond;

    internal long GraceMs => Grace.Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>Size plus grace, in milliseconds: a store must keep windows at least that long.</summary>
    internal long Retention => EventTime.Add(SizeMs, GraceMs);

    /// <summary>
    /// The window a time lies in that starts first. Every time from 0 on must lie in one, and no window starts before 0.
    /// </summary>
    /// <param name="timestamp">The time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>The window.</returns>
    public abstract Window FirstWindow(long timestamp);

    /// <summary>The window that starts next after another.</summary>
    /// <param name="window">The other one.</param>
    /// <returns>
    /// The window; its start is larger. Where there is none before the end of event time, <see cref="long.MaxValue"/>, the
    /// other window itself.
    /// </returns>
    public abstract Window NextWindow(Window window);

    /// <summary>The window that starts at a time.</summary>
    /// <param name="start">The start, as one of the other methods has returned it.</param>
    /// <returns>The window.</returns>
    public abstract Window WindowAt(long start);

    /// <summary>Whether a time lies in any window.</summary>
    internal virtual bool Covers(long timestamp) => true;

    /// <exception cref="InvalidOperationException">The time lies in no window.</exception>
    internal Window First(long timestamp)
    {
        var window = Storable(FirstWindow(timestamp), nameof(FirstWindow));
        return window.Start <= timestamp && (timestamp < window.End || window.End == EventTime.End)
            ? window
            : throw new InvalidOperationException(
                $"{GetType().Name}.FirstWindow({timestamp}) is the window from {window.Start} to {window.End}, which the time "
                + "does not lie in. Let it return one that does.");
    }

    /// <summary>Goes to the next window of a time.</summary>
    /// <returns>False when the time lies in no other one.</returns>
    /// <exception cref="InvalidOperationException">The window is not a later one.</exception>
    internal bool TryNext(long timestamp, ref Window window)
    {
        var next = Storable(NextWindow(window), nameof(NextWindow));
        if (next == window && IsEndless(window))
        {
            return false;
        }

        if (next.Start <= window.Start)
        {
            throw new InvalidOperationException(
                $"{GetType().Name}.NextWindow of the window from {window.Start} starts at {next.Start}, which is not later. Let "
                + "it return the window after that one.");
        }

        window = next;
        return window.Start <= timestamp;
    }

    /// <summary>Whether a window takes no more records once a time has been seen.</summary>
    /// <param name="window">The window.</param>
    /// <param name="closeTime">That time less the grace.</param>
    internal bool IsClosed(Window window, long closeTime) => window.End <= closeTime && !IsEndless(window);

    /// <summary>Whether a window would go on beyond the last moment there is. That moment is within it, and it never ends.</summary>
    private protected virtual bool IsEndless(Window window) => window.End == EventTime.End && window.End - window.Start < SizeMs;

    /// <summary>A store keeps a window by its start, not negative, and for the longest size: a longer one would expire while it is open.</summary>
    private Window Storable(Window window, string method)
    {
        var wrong = window.Start < 0 ? ", which starts before 1970. Let it start at 0."
            : window.End <= window.Start && window.End != EventTime.End
            ? ", which ends before it begins. Let it return one of a millisecond at least."
            : window.End - window.Start > SizeMs
            ? $", longer than the size of {Durations.Text(Size)}. Give the length of the longest window as size."
            : null;
        return wrong is null
            ? window
            : throw new InvalidOperationException(
                $"{GetType().Name}.{method} has made the window from {window.Start} to {window.End}{wrong}");
    }

    // Event time has milliseconds: a finer window would not be what was asked for.
    internal static TimeSpan WholeMilliseconds(TimeSpan time, TimeSpan least, string name)
    {
        // How .NET says "without end".
        if (time == TimeSpan.MaxValue)
        {
            return TimeSpan.FromTicks(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond));
        }

        if (time.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw new ArgumentException(
                $"{Durations.Text(time)} is not a whole number of milliseconds, the unit of event time.", name);
        }

        return time >= least
            ? time
            : throw new ArgumentOutOfRangeException(
                name, $"{name} is {Durations.Text(time)}; give {Durations.Text(least)} or more.");
    }
}
