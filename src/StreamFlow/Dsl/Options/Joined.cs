using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How a stream is joined with a table; serdes matter where the join sends the stream through a repartition topic.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the stream's values.</typeparam>
public sealed record Joined<TKey, TValue>
{
    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the stream's values.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>
    /// Name of the operator, and base of the repartition topic's name, <c>{application id}-{name}-repartition</c>. A join
    /// without one takes the topic of the stream's join before, if there is one.
    /// </summary>
    /// <value>Default: generated, as <c>KSTREAM-JOIN-0000000003</c>; the topic after the operator before the join.</value>
    public string? Name { get; init; }

    /// <summary>
    /// How long records wait for rows that come late, by the time of the stream; whole milliseconds. They lie in a store,
    /// <c>{name}-Buffer</c>, with a changelog, and are joined in the order of their time with the row of that time, when the next record
    /// of the stream comes. One that comes later than that is joined at once. The table must have a history
    /// (<see cref="Materialized{TKey, TValue}.History"/>) at least as long.
    /// </summary>
    /// <value>Default: <see langword="null"/>, none waits.</value>
    /// <exception cref="ArgumentException">Negative, or no whole milliseconds.</exception>
    public TimeSpan? GracePeriod
    {
        get;
        init
        {
            if (value is { } grace && (grace < TimeSpan.Zero || grace.Ticks % TimeSpan.TicksPerMillisecond != 0))
            {
                throw new ArgumentException(
                    $"GracePeriod is {Durations.Text(grace)}; give whole milliseconds, zero or more.", nameof(GracePeriod));
            }

            field = value;
        }
    }
}
