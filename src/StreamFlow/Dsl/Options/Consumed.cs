using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How a topic is read.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Consumed<TKey, TValue>
{
    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the values.</summary>
    /// <value>Default: the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>Takes the event time out of the record.</summary>
    /// <value>Default: the record's own timestamp.</value>
    public TimestampExtractor<TKey, TValue>? TimestampExtractor { get; init; }

    /// <summary>What to do about a negative event time.</summary>
    /// <value>Default: <see cref="InvalidTimestampPolicy.Fail"/>.</value>
    public InvalidTimestampPolicy OnInvalidTimestamp { get; init; } = InvalidTimestampPolicy.Fail;

    /// <summary>
    /// Where to start reading a partition that has no committed offset: <see cref="OffsetResetPolicy.Earliest"/>,
    /// <see cref="OffsetResetPolicy.Latest"/>, <see cref="OffsetResetPolicy.None"/> or <see cref="OffsetResetPolicy.ByDuration"/>.
    /// </summary>
    /// <value>Default: the application's <c>auto.offset.reset</c>.</value>
    public OffsetResetPolicy? OffsetReset { get; init; }

    /// <summary>Name of the source node; of a table that of its operator, and <c>{name}-source</c> that of the source.</summary>
    /// <value>Default: generated, as <c>KSTREAM-SOURCE-0000000000</c>.</value>
    public string? Name { get; init; }
}
