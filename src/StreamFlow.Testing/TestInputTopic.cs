using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.Testing;

/// <summary>
/// A topic to pipe records into; each is processed to the end before the call returns. Records go to partitions by
/// Kafka's default partitioner, those without a key in turn.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class TestInputTopic<TKey, TValue>
{
    private readonly TopologyTestDriver _driver;
    private readonly TopicSerdes<TKey, TValue> _serdes;
    private readonly TimeSpan _autoAdvance;
    private long? _next;

    internal TestInputTopic(
        TopologyTestDriver driver, string topic, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, long? start,
        TimeSpan? autoAdvance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(autoAdvance ?? TimeSpan.Zero, TimeSpan.Zero, nameof(autoAdvance));
        _driver = driver;
        Topic = topic;
        _serdes = new TopicSerdes<TKey, TValue>(topic, keySerde, valueSerde, writes: true);
        _autoAdvance = autoAdvance ?? TimeSpan.Zero;
        _next = start ?? (autoAdvance is null ? null : Now);
    }

    /// <summary>Name of the topic.</summary>
    public string Topic { get; }

    private long Now => _driver.VirtualTime.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Pipes a record.</summary>
    /// <param name="key">The key; <see langword="null"/> for none.</param>
    /// <param name="value">The value; <see langword="null"/> for a tombstone.</param>
    /// <param name="timestamp">Its timestamp in milliseconds since 1970-01-01T00:00Z; left out, the next one of this
    /// topic or the wall clock, as the topic was created.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void Pipe(TKey? key, TValue? value, long? timestamp = null, Headers? headers = null) =>
        Pipe(new Record<TKey, TValue>(key!, value!, timestamp ?? TakeTimestamp(), headers));

    /// <summary>Pipes a record at a moment.</summary>
    /// <param name="key">The key; <see langword="null"/> for none.</param>
    /// <param name="value">The value; <see langword="null"/> for a tombstone.</param>
    /// <param name="timestamp">Its timestamp; what is finer than a millisecond is cut off.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void Pipe(TKey? key, TValue? value, DateTimeOffset timestamp, Headers? headers = null) =>
        Pipe(key, value, timestamp.ToUnixTimeMilliseconds(), headers);

    /// <summary>Pipes a record without a key, also where the type of the keys has no <see langword="null"/>.</summary>
    /// <param name="value">The value; <see langword="null"/> for a tombstone.</param>
    /// <param name="timestamp">Its timestamp as for <see cref="Pipe(TKey, TValue, long?, Headers?)"/>.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void PipeWithoutKey(TValue? value, long? timestamp = null) =>
        Pipe(Record<TKey, TValue>.Create(
            default!, hasKey: false, value!, value is not null, timestamp ?? TakeTimestamp(), null));

    /// <summary>Pipes a tombstone, also where the type of the values has no <see langword="null"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Its timestamp as for <see cref="Pipe(TKey, TValue, long?, Headers?)"/>.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void PipeTombstone(TKey key, long? timestamp = null) =>
        Pipe(Record.Tombstone<TKey, TValue>(key, timestamp ?? TakeTimestamp()));

    /// <summary>Pipes a record with the timestamp it has.</summary>
    /// <param name="record">The record.</param>
    /// <param name="partition">Where to; left out, where the partitioner says.</param>
    /// <exception cref="StreamsException">Processing failed.</exception>
    public void Pipe(in Record<TKey, TValue> record, int? partition = null)
    {
        _serdes.Show(record.Headers);
        var key = record.HasKey ? Bytes(_serdes.Keys, record.Key) : null;
        var value = record.HasValue ? Bytes(_serdes.Values, record.Value) : null;
        _driver.Pipe(Topic, partition, key, value, record.Timestamp, _serdes.Written(record.Headers));
    }

    /// <summary>Pipes records one after the other, with the timestamps they have.</summary>
    /// <param name="records">The records.</param>
    /// <exception cref="StreamsException">Processing failed; the records after it were not piped.</exception>
    public void PipeRecords(IEnumerable<Record<TKey, TValue>> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (var record in records)
        {
            Pipe(in record);
        }
    }

    /// <summary>Pipes records one after the other, with the timestamps of this topic.</summary>
    /// <param name="records">Keys and values.</param>
    /// <exception cref="StreamsException">Processing failed; the records after it were not piped.</exception>
    public void PipeKeyValues(IEnumerable<KeyValuePair<TKey, TValue>> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        foreach (var (key, value) in records)
        {
            Pipe(key, value);
        }
    }

    /// <summary>Moves the timestamp of the next record piped without one.</summary>
    /// <param name="by">How far; not negative.</param>
    /// <exception cref="InvalidOperationException">The topic follows the wall clock: it was created without a
    /// start.</exception>
    public void AdvanceTime(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        if (_next is null)
        {
            throw new InvalidOperationException(
                $"Topic '{Topic}' follows the wall clock. Create it with a start, or use AdvanceWallClock.");
        }

        _next = EventTime.Add(_next.Value, (long)by.TotalMilliseconds);
    }

    private static byte[] Bytes<T>(ISerde<T> serde, T value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        serde.Serialize(value, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private long TakeTimestamp()
    {
        if (_next is not { } timestamp)
        {
            return Now;
        }

        _next = EventTime.Add(timestamp, (long)_autoAdvance.TotalMilliseconds);
        return timestamp;
    }
}
