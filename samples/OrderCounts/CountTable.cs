using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace OrderCounts;

/// <summary>A row of the result: one category in one window.</summary>
internal readonly record struct CountKey(long WindowStart, string Category);

/// <summary>
/// The counts as they stand on <c>order-counts</c>, read by a plain consumer that shares nothing with the engine, so that
/// it can serve as its witness. What stood there before this run is the baseline.
/// </summary>
internal sealed class CountTable : IDisposable
{
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly Dictionary<CountKey, CategoryCount> _rows = [];
    private readonly Dictionary<CountKey, CategoryCount> _baseline = [];
    private readonly Lock _gate = new();
    private readonly Thread _thread;
    private volatile bool _stopping;

    public CountTable(string bootstrapServers, string topic, int partitions)
        : this(
            new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
            {
                BootstrapServers = bootstrapServers,
                GroupId = "order-counts-display",
                EnableAutoCommit = false,
                AutoOffsetReset = AutoOffsetReset.Earliest,
                IsolationLevel = IsolationLevel.ReadCommitted,
                FetchWaitMaxMs = 50,
            }).SetLogHandler((_, _) => { }).Build(), // the worker says that no broker answers
            topic,
            partitions)
    {
    }

    /// <summary>With a consumer of the caller's, which is closed with the table.</summary>
    internal CountTable(IConsumer<byte[], byte[]> consumer, string topic, int partitions)
    {
        _consumer = consumer;
        _consumer.Assign(Enumerable.Range(0, partitions)
            .Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        ReadBaseline(topic, partitions);
        _thread = new Thread(Read) { Name = "count-table", IsBackground = true };
    }

    /// <summary>End of the latest window that was there before this run, in milliseconds; 0 when there was none.</summary>
    public long BaselineEnd => _baseline.Count == 0 ? 0 : _baseline.Keys.Max(k => k.WindowStart) + Pipeline.WindowMs;

    /// <summary>Orders counted by this run, according to the topic.</summary>
    public long Counted
    {
        get
        {
            lock (_gate)
            {
                return _rows.Values.Sum(r => r.Count) - _baseline.Values.Sum(r => r.Count);
            }
        }
    }

    public void Start() => _thread.Start();

    /// <summary>The rows as they are now, latest window first.</summary>
    public IReadOnlyList<(CountKey Key, CategoryCount Count)> Rows()
    {
        lock (_gate)
        {
            return [.. _rows.Select(r => (r.Key, r.Value))
                .OrderByDescending(r => r.Key.WindowStart).ThenBy(r => r.Key.Category, StringComparer.Ordinal)];
        }
    }

    /// <summary>
    /// A number that is the same for the same counts: over the rows of this run, with windows taken from its start.
    /// </summary>
    public ulong Fingerprint(long startMs)
    {
        lock (_gate)
        {
            var hash = 14695981039346656037UL;
            foreach (var (key, row) in _rows.Where(r => !_baseline.ContainsKey(r.Key))
                .OrderBy(r => r.Key.WindowStart).ThenBy(r => r.Key.Category, StringComparer.Ordinal))
            {
                foreach (var b in Encoding.UTF8.GetBytes($"{key.WindowStart - startMs}|{key.Category}|{row.Count}|{row.Cents}\n"))
                {
                    hash = (hash ^ b) * 1099511628211UL;
                }
            }

            return hash;
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if ((_thread.ThreadState & ThreadState.Unstarted) == 0)
        {
            _thread.Join();
        }

        _consumer.Close();
        _consumer.Dispose();
    }

    /// <summary>
    /// Asks again for ten seconds while the answer is an error that passes: a topic that was made a moment ago has no leader
    /// yet, and a broker that has just come back does not know its partitions.
    /// </summary>
    private static T Patiently<T>(Func<T> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return ask();
            }
            catch (KafkaException exception) when (!exception.Error.IsFatal && attempt < 50)
            {
                Thread.Sleep(200);
            }
        }
    }

    private ConsumeResult<byte[], byte[]>? Next(TimeSpan timeout) => Patiently(() => _consumer.Consume(timeout));

    private void ReadBaseline(string topic, int partitions)
    {
        var open = Enumerable.Range(0, partitions)
            .Select(p => new TopicPartition(topic, p))
            .ToDictionary(p => p, p => Patiently(() => _consumer.QueryWatermarkOffsets(p, TimeSpan.FromSeconds(20))));
        foreach (var empty in open.Where(o => o.Value.High <= o.Value.Low).Select(o => o.Key).ToList())
        {
            open.Remove(empty);
        }

        while (open.Count > 0)
        {
            if (Next(TimeSpan.FromSeconds(20)) is not { } result)
            {
                throw new TimeoutException($"The earlier counts on '{topic}' could not be read within 20 s.");
            }

            Apply(result);
            if (open.TryGetValue(result.TopicPartition, out var ends) && result.Offset + 1 >= ends.High)
            {
                open.Remove(result.TopicPartition);
            }
        }

        foreach (var row in _rows)
        {
            _baseline.Add(row.Key, row.Value);
        }
    }

    private void Read()
    {
        while (!_stopping)
        {
            if (Next(TimeSpan.FromMilliseconds(100)) is { } result)
            {
                lock (_gate)
                {
                    Apply(result);
                }
            }
        }
    }

    private void Apply(ConsumeResult<byte[], byte[]> result)
    {
        // A windowed key is the key's own bytes and the window's start, 8 bytes, big-endian.
        var key = result.Message.Key.AsSpan();
        var row = new CountKey(
            BinaryPrimitives.ReadInt64BigEndian(key[^8..]), Encoding.UTF8.GetString(key[..^8]));
        _rows[row] = JsonSerializer.Deserialize(result.Message.Value, OrderJson.Default.CategoryCount) ?? CategoryCount.None;
    }
}
