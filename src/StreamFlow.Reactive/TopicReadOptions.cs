using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.Reactive;

/// <summary>How a topic is read, without an application.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record TopicReadOptions<TKey, TValue>
{
    /// <summary>Reads the keys.</summary>
    public required ISerde<TKey> KeySerde { get; init; }

    /// <summary>Reads the values.</summary>
    public required ISerde<TValue> ValueSerde { get; init; }

    /// <summary>Where reading begins, unless <see cref="Since"/> says so.</summary>
    /// <value>Default: <see cref="OffsetReset.Earliest"/>, with the first record there is.</value>
    public OffsetReset From { get; init; } = OffsetReset.Earliest;

    /// <summary>Begins with the first record of each partition that is not older.</summary>
    /// <value>Default: <see langword="null"/>.</value>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether it ends, and completes, with the records that were there when it began.</summary>
    /// <value>Default: <see langword="false"/>, it waits for more.</value>
    public bool StopsAtEnd { get; init; }

    /// <summary>Whether records of open and aborted transactions are left out.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool ReadCommitted { get; init; } = true;

    /// <summary>How many records may be read ahead of an <see cref="IAsyncEnumerable{T}"/>'s reader.</summary>
    /// <value>Default: 1024.</value>
    public int Capacity { get; init; } = 1024;

    /// <summary>How often it is looked for partitions that the topic was given since, which are read from their beginning.</summary>
    /// <value>Default: 30 seconds. Without effect with <see cref="StopsAtEnd"/>.</value>
    public TimeSpan PartitionsInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Name shown by the broker.</summary>
    /// <value>Default: <c>streamflow-reader</c>.</value>
    public string ClientId { get; init; } = "streamflow-reader";

    internal TopicReadOptions<TKey, TValue> Checked()
    {
        ArgumentNullException.ThrowIfNull(KeySerde, nameof(KeySerde));
        ArgumentNullException.ThrowIfNull(ValueSerde, nameof(ValueSerde));
        ArgumentOutOfRangeException.ThrowIfLessThan(Capacity, 1, nameof(Capacity));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PartitionsInterval, TimeSpan.Zero, nameof(PartitionsInterval));
        ArgumentException.ThrowIfNullOrEmpty(ClientId, nameof(ClientId));
        return this;
    }

    internal Record<TKey, TValue> Read(TopicPartition partition, in ByteRecord record, Headers? headers)
    {
        try
        {
            // A missing part is not the same as an empty one.
            var key = record.HasKey ? KeySerde.Deserialize(record.Key) : default!;
            return record.HasValue
                ? new Record<TKey, TValue>(key, ValueSerde.Deserialize(record.Value), record.Timestamp, headers)
                : Record.Tombstone<TKey, TValue>(key, record.Timestamp, headers);
        }
        catch (Exception exception)
        {
            throw new StreamsException(
                $"The record at {new RecordPosition(partition, record.Offset)} cannot be read as {typeof(TKey)} and {typeof(TValue)}: "
                + $"{exception.Message} Use the serdes that it was written with.",
                exception);
        }
    }
}
