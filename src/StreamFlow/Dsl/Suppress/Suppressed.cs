namespace StreamFlow;

/// <summary>Which updates of a table are held back, and how long.</summary>
/// <example><code>
/// counts.Suppress(Suppressed.UntilWindowCloses())
/// totals.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMinutes(5), new() { MaxRecords = 10_000 }) with { Name = "calm" })
/// </code></example>
public sealed record Suppressed
{
    private Suppressed(TimeSpan? limit, BufferConfig buffer) => (Limit, Buffer) = (limit, buffer);

    /// <summary>Name of the operator; its store is called <c>{name}-store</c>.</summary>
    /// <value>Default: generated, as <c>KTABLE-SUPPRESS-0000000003</c>.</value>
    public string? Name { get; init; }

    /// <summary>How long updates wait; null: until their window closes.</summary>
    internal TimeSpan? Limit { get; }

    internal BufferConfig Buffer { get; }

    /// <summary>
    /// Updates of a row wait for a time after the first of them; the last one is sent on. Time is that of the records that
    /// come, so the last updates wait for later ones.
    /// </summary>
    /// <param name="limit">How long; whole milliseconds, zero or more.</param>
    /// <param name="buffer">How much may wait, or <see langword="null"/> for no limit.</param>
    /// <returns>The rule.</returns>
    /// <exception cref="ArgumentException">The time is out of range.</exception>
    public static Suppressed UntilTimeLimit(TimeSpan limit, BufferConfig? buffer = null) => new(
        limit == TimeSpan.MaxValue ? limit : TimeWindows.WholeMilliseconds(limit, TimeSpan.Zero, nameof(limit)),
        buffer ?? BufferConfig.Unbounded);

    /// <summary>
    /// Of each window the last update is sent on, once, when the window takes no more records. A window that has no row then
    /// sends nothing.
    /// </summary>
    /// <param name="buffer">
    /// How much may wait, or <see langword="null"/> for no limit. Where there is a limit,
    /// <see cref="BufferConfig.WhenFull"/> must be <see cref="BufferFullStrategy.ShutDown"/>: what is sent early is not final.
    /// </param>
    /// <returns>The rule; for tables whose keys have windows.</returns>
    /// <exception cref="ArgumentException">A full buffer would send results that are not final.</exception>
    public static Suppressed UntilWindowCloses(BufferConfig? buffer = null)
    {
        buffer ??= BufferConfig.Unbounded;
        return buffer is { IsBounded: true, WhenFull: BufferFullStrategy.EmitEarly }
            ? throw new ArgumentException(
                "A buffer that sends results early when it is full does not wait for the end of windows. Let it shut down when it "
                + "is full (WhenFull = BufferFullStrategy.ShutDown), or have no limit.",
                nameof(buffer))
            : new Suppressed(null, buffer);
    }
}
