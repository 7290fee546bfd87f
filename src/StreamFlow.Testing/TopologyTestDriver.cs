using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing.Driver;

namespace StreamFlow.Testing;

/// <summary>
/// Runs a topology on the caller's thread, without a broker: records piped into an input topic are processed to the
/// end, through all repartition topics, before the call returns, and their results can be read from output topics and
/// stores. It runs the tasks, stores, changelogs, transactions and error handling that an application runs; only threads
/// and network are missing. Time stands still until <see cref="AdvanceWallClock"/>.
/// </summary>
/// <remarks>
/// The driver commits after every record, so the record cache merges only updates made by one record, unless
/// <see cref="TopologyTestDriverOptions.CommitsByInterval"/> says that it commits as in production. When processing
/// throws, the error leaves the call that piped the record and nothing runs any more, as with a stream thread; what
/// was produced before can still be read, and the application can be started again (<see cref="Restart"/>,
/// <see cref="Crash"/>). For one thread at a time.
/// </remarks>
public sealed partial class TopologyTestDriver : IDisposable
{
    private readonly DriverRuntime _runtime;
    private readonly Dictionary<string, long> _piped = new(StringComparer.Ordinal);
    private Exception? _failure;
    private bool _isDisposed;

    /// <summary>Creates the driver: topics, tasks and stores are there afterwards, nothing has run.</summary>
    /// <param name="topology">The topology.</param>
    /// <param name="options">How to run it.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message lists all that are.</exception>
    /// <exception cref="TopologyException">The topology does not fit its topics, for example their partition
    /// counts.</exception>
    public TopologyTestDriver(Topology topology, TopologyTestDriverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        options ??= new TopologyTestDriverOptions();
        if (options.Application.Validate() is { Count: > 0 } errors)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(options));
        }

        _runtime = new DriverRuntime(topology, options);
    }

    /// <summary>The clock that the topology sees.</summary>
    public TimeProvider Time => _runtime.Time;

    /// <summary>The cluster the topology runs on, to look at any topic or to script faults.</summary>
    [Experimental("SF0001")]
    public InMemoryKafka Kafka => _runtime.Kafka;

    /// <summary>Names of the topics that the topology has produced to, internal ones included, in ordinal
    /// order.</summary>
    public IReadOnlyList<string> ProducedTopics
    {
        get
        {
            var kafka = _runtime.Kafka;
            return [.. kafka.Topics.Where(
                topic => new TopicCursor(kafka.Cluster, topic).Count > _piped.GetValueOrDefault(topic))];
        }
    }

    /// <summary>What has been counted so far, from one start to the next included.</summary>
    public TopologyTestMetrics Metrics => _runtime.Metrics;

    internal VirtualTime VirtualTime => _runtime.Time;

    /// <summary>Opens a source topic to pipe records in. One whose name matches a pattern of the topology is made when it is not there.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="keySerde">Writes the keys; left out, the serde that the topology reads them with.</param>
    /// <param name="valueSerde">Writes the values; left out, the serde that the topology reads them with.</param>
    /// <param name="start">Timestamp of the first record piped without one, in milliseconds since 1970-01-01T00:00Z;
    /// left out, such records get the wall clock, unless <paramref name="autoAdvance"/> is given: then the wall clock
    /// now.</param>
    /// <param name="autoAdvance">How much later each next record without a timestamp is; left out, zero.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="ArgumentException">The topology does not read that topic, or not with these types.</exception>
    public TestInputTopic<TKey, TValue> CreateInputTopic<TKey, TValue>(
        string topic, ISerde<TKey>? keySerde = null, ISerde<TValue>? valueSerde = null, long? start = null,
        TimeSpan? autoAdvance = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        var sources = _runtime.Topics.AllSourceTopics
            .Concat(_runtime.Topics.Plan.Globals.SelectMany(global => global.Sources.Select(source => source.Name)))
            .ToList();
        if (!sources.Contains(topic) && !_runtime.TryMatch(topic))
        {
            throw new ArgumentException(
                $"The topology does not read topic '{topic}'. It reads "
                + $"{string.Join(", ", sources.Order(StringComparer.Ordinal))}.",
                nameof(topic));
        }

        var (keys, values) = TopologySerdes.Find(_runtime.Topology, topic, keySerde, valueSerde);
        return new TestInputTopic<TKey, TValue>(this, topic, keys, values, start, autoAdvance);
    }

    /// <summary>Opens a source topic to pipe records in, from a moment on.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="keySerde">Writes the keys; null: the serde that the topology reads them with.</param>
    /// <param name="valueSerde">Writes the values; null: the serde that the topology reads them with.</param>
    /// <param name="start">Timestamp of the first record piped without one; what is finer than a millisecond is cut off.</param>
    /// <param name="autoAdvance">How much later each next record without a timestamp is; left out, zero.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="ArgumentException">The topology does not read that topic, or not with these types.</exception>
    public TestInputTopic<TKey, TValue> CreateInputTopic<TKey, TValue>(
        string topic, ISerde<TKey>? keySerde, ISerde<TValue>? valueSerde, DateTimeOffset start, TimeSpan? autoAdvance = null) =>
        CreateInputTopic(topic, keySerde, valueSerde, start.ToUnixTimeMilliseconds(), autoAdvance);

    /// <summary>
    /// Opens a topic to read what the topology produced to it: an output topic, a repartition topic, a changelog or the
    /// dead letter topic. It is read from the beginning, whatever was read through other calls.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="topic">Name of the topic; it need not exist yet.</param>
    /// <param name="keySerde">Reads the keys; left out, the serde that the topology writes (or reads) them with.</param>
    /// <param name="valueSerde">Reads the values; left out, the serde that the topology writes (or reads) them with.</param>
    /// <returns>The topic.</returns>
    /// <exception cref="ArgumentException">A serde is left out, and the topology does not have the topic with these
    /// types.</exception>
    public TestOutputTopic<TKey, TValue> CreateOutputTopic<TKey, TValue>(
        string topic, ISerde<TKey>? keySerde = null, ISerde<TValue>? valueSerde = null)
        where TKey : notnull
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        var (keys, values) = TopologySerdes.Find(_runtime.Topology, topic, keySerde, valueSerde);
        return new TestOutputTopic<TKey, TValue>(this, topic, keys, values);
    }

    /// <summary>Closes the tasks and deletes what they kept.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _runtime.Dispose();
        }
    }

    internal void Pipe(string topic, int? partition, byte[]? key, byte[]? value, long timestamp, Headers? headers)
    {
        ThrowIfOver();
        var count = _runtime.Kafka.PartitionCount(topic);
        var piped = _piped.GetValueOrDefault(topic);
        var target = partition
            ?? (key is null ? (int)(piped % count) : Murmur2.Partition(key, count));
        _runtime.Kafka.Append(new TopicPartition(topic, target), key, value, timestamp, headers);
        _piped[topic] = piped + 1;
        Run(_runtime.Complete);
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
