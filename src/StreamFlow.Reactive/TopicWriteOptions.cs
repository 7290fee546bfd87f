using StreamFlow.Serialization;

namespace StreamFlow.Reactive;

/// <summary>How an observable is written into a topic.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record TopicWriteOptions<TKey, TValue>
{
    /// <summary>Writes the keys.</summary>
    public required ISerde<TKey> KeySerde { get; init; }

    /// <summary>Writes the values.</summary>
    public required ISerde<TValue> ValueSerde { get; init; }

    /// <summary>What becomes of records when the broker is slower than they come.</summary>
    /// <value>Default: <see cref="SlowObserver.Block"/>: whoever emits waits, and nothing is lost.</value>
    public SlowObserver SlowObserver { get; init; } = SlowObserver.Block;

    /// <summary>How many records may wait for the producer.</summary>
    /// <value>Default: 1024.</value>
    public int Capacity { get; init; } = 1024;

    /// <summary>How long a record may wait to be acknowledged at the end, or at a flush, before it is an error.</summary>
    /// <value>Default: 2 minutes.</value>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Name shown by the broker.</summary>
    /// <value>Default: <c>streamflow-writer</c>.</value>
    public string ClientId { get; init; } = "streamflow-writer";

    /// <summary>The clock of values that come without a time.</summary>
    /// <value>Default: that of the system.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal TopicWriteOptions<TKey, TValue> Checked()
    {
        ArgumentNullException.ThrowIfNull(KeySerde, nameof(KeySerde));
        ArgumentNullException.ThrowIfNull(ValueSerde, nameof(ValueSerde));
        ArgumentNullException.ThrowIfNull(Time, nameof(Time));
        ArgumentException.ThrowIfNullOrEmpty(ClientId, nameof(ClientId));
        return DeliveryTimeout > TimeSpan.Zero
            ? this
            : throw OptionErrors.Refuse(nameof(DeliveryTimeout), DeliveryTimeout, "More than zero.");
    }
}
