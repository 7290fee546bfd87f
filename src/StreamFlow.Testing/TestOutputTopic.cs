using StreamFlow.Serialization;
using StreamFlow.Testing.Driver;
using StreamFlow.Testing.Memory;

namespace StreamFlow.Testing;

/// <summary>
/// A topic to read results from, in the order in which they were produced, over all its partitions. Each instance has
/// its own position, at first the beginning of the topic.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class TestOutputTopic<TKey, TValue>
    where TKey : notnull
{
    private readonly TopologyTestDriver _driver;
    private readonly TopicCursor _cursor;
    private readonly TopicSerdes<TKey, TValue> _serdes;

    internal TestOutputTopic(
        TopologyTestDriver driver, string topic, ISerde<TKey> keySerde, ISerde<TValue> valueSerde)
    {
        _driver = driver;
        _cursor = new TopicCursor(driver.Kafka.Cluster, topic);
        _serdes = new TopicSerdes<TKey, TValue>(topic, keySerde, valueSerde, writes: false);
        Topic = topic;
    }

    /// <summary>Name of the topic.</summary>
    public string Topic { get; }

    /// <summary>Whether there is nothing left to read.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Number of records left to read.</summary>
    public int Count => _cursor.Count;

    /// <summary>Reads the next record.</summary>
    /// <returns>The record; a tombstone has no value (<see cref="Record{TKey, TValue}.HasValue"/>).</returns>
    /// <exception cref="InvalidOperationException">There is nothing left to read.</exception>
    /// <exception cref="StreamsException">Its bytes are not what the serdes expect.</exception>
    public Record<TKey, TValue> ReadRecord()
    {
        _driver.ThrowIfDisposed();
        var entry = _cursor.Next()
            ?? throw new InvalidOperationException(
                $"Topic '{Topic}' has no record left to read. The topology produced to: "
                + (_driver.ProducedTopics is { Count: > 0 } produced ? string.Join(", ", produced) : "nothing") + ".");
        return ToRecord(entry);
    }

    /// <summary>Reads key and value of the next record.</summary>
    /// <returns>Key and value; of a tombstone the value is <see langword="null"/>.</returns>
    /// <exception cref="InvalidOperationException">There is nothing left to read, or a part is missing for which the
    /// type has no <see langword="null"/>.</exception>
    /// <exception cref="StreamsException">Its bytes are not what the serdes expect.</exception>
    public KeyValuePair<TKey, TValue> ReadKeyValue() => ToKeyValue(ReadRecord());

    /// <summary>Reads all records that are left.</summary>
    /// <returns>The records in order; empty when there are none.</returns>
    public IReadOnlyList<Record<TKey, TValue>> ReadAll()
    {
        _driver.ThrowIfDisposed();
        var records = new List<Record<TKey, TValue>>();
        while (_cursor.Next() is { } entry)
        {
            records.Add(ToRecord(entry));
        }

        return records;
    }

    /// <summary>Reads keys and values of all records that are left.</summary>
    /// <returns>Keys and values in order; empty when there are none.</returns>
    /// <exception cref="InvalidOperationException">A part is missing for which the type has no
    /// <see langword="null"/>.</exception>
    public IReadOnlyList<KeyValuePair<TKey, TValue>> ReadKeyValues() => [.. ReadAll().Select(ToKeyValue)];

    /// <summary>Reads all records that are left and makes a table of them, as a consumer of updates would.</summary>
    /// <returns>The last value of each key; a tombstone removes its key.</returns>
    /// <exception cref="InvalidOperationException">A record has no key.</exception>
    public IReadOnlyDictionary<TKey, TValue> ReadTable()
    {
        var table = new Dictionary<TKey, TValue>();
        foreach (var record in ReadAll())
        {
            if (!record.HasKey)
            {
                throw new InvalidOperationException(
                    $"A record of topic '{Topic}' at {record.Timestamp} has no key and cannot go into a table.");
            }

            if (record.HasValue)
            {
                table[record.Key] = record.Value;
            }
            else
            {
                table.Remove(record.Key);
            }
        }

        return table;
    }

    private Record<TKey, TValue> ToRecord(LogEntry entry)
    {
        _serdes.Show(entry.Headers);
        return Record<TKey, TValue>.Create(
            Read(_serdes.Keys, entry.Key, "key", entry.Offset),
            entry.Key is not null,
            Read(_serdes.Values, entry.Value, "value", entry.Offset),
            entry.Value is not null,
            entry.Timestamp,
            entry.Headers);
    }

    private KeyValuePair<TKey, TValue> ToKeyValue(Record<TKey, TValue> record)
    {
        if ((!record.HasKey && default(TKey) is not null) || (!record.HasValue && default(TValue) is not null))
        {
            throw new InvalidOperationException(
                $"A record of topic '{Topic}' at {record.Timestamp} has no {(record.HasKey ? "value" : "key")}, and "
                + $"{(record.HasKey ? typeof(TValue).Name : typeof(TKey).Name)} has no null. Use ReadRecord.");
        }

        return KeyValuePair.Create(record.Key, record.Value);
    }

    private T Read<T>(ISerde<T> serde, byte[]? bytes, string what, long offset)
    {
        if (bytes is null)
        {
            return default!;
        }

        try
        {
            return serde.Deserialize(bytes);
        }
        catch (Exception error)
        {
            throw new StreamsException(
                $"The {what} of topic '{Topic}' offset {offset} cannot be read as {typeof(T).Name} "
                + $"({bytes.Length} bytes): {Sentences.End(error.Message)} Create the output topic with the serdes the topology writes with.", error);
        }
    }
}
