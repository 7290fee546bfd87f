namespace StreamFlow;

/// <summary>
/// Where a source begins to read a partition for which the application has no committed offset, or whose committed offset is not in
/// the log any more (Kafka's <c>AutoOffsetReset</c>). An <see cref="OffsetReset"/> is taken for one.
/// </summary>
/// <example><code>builder.Stream("orders", new Consumed&lt;string, string&gt; { OffsetReset = OffsetResetPolicy.ByDuration(TimeSpan.FromHours(1)) })</code></example>
public readonly record struct OffsetResetPolicy
{
    private readonly Kind _kind;

    private OffsetResetPolicy(Kind kind, TimeSpan duration = default)
    {
        _kind = kind;
        Duration = duration;
    }

    private enum Kind
    {
        Earliest,
        Latest,
        None,
        ByDuration,
    }

    /// <summary>With the first record there is.</summary>
    public static OffsetResetPolicy Earliest => new(Kind.Earliest);

    /// <summary>With the records that come from now on.</summary>
    public static OffsetResetPolicy Latest => new(Kind.Latest);

    /// <summary>Nowhere: there must be an offset, or the application fails.</summary>
    public static OffsetResetPolicy None => new(Kind.None);

    /// <summary>How long before now it begins; <see langword="null"/> where it is not said by a duration.</summary>
    public TimeSpan? Duration => _kind == Kind.ByDuration ? field : null;

    /// <summary>
    /// With the first record that is not older than a duration before the moment at which it is decided, by the records' timestamps; where
    /// all are older, with those that come from now on.
    /// </summary>
    /// <param name="duration">How long before now; not negative.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public static OffsetResetPolicy ByDuration(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return new OffsetResetPolicy(Kind.ByDuration, duration);
    }

    /// <summary>One of the policies that an application may have as its default.</summary>
    /// <param name="policy">The policy.</param>
    public static implicit operator OffsetResetPolicy(OffsetReset policy) => FromOffsetReset(policy);

    /// <summary>One of the policies that an application may have as its default.</summary>
    /// <param name="policy">The policy.</param>
    /// <returns>The same policy.</returns>
    public static OffsetResetPolicy FromOffsetReset(OffsetReset policy) => policy == OffsetReset.Latest ? Latest : Earliest;

    /// <summary>The policy as Kafka's <c>auto.offset.reset</c> has it.</summary>
    /// <returns><c>earliest</c>, <c>latest</c>, <c>none</c>, or <c>by_duration:</c> and the duration.</returns>
    public override string ToString() => _kind switch
    {
        Kind.ByDuration => $"by_duration:{System.Xml.XmlConvert.ToString(Duration!.Value)}",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
