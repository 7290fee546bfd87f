using StreamFlow.Clients;

namespace StreamFlow.Reactive;

/// <summary>
/// Reads a topic on a thread of its own and hands each record over before it takes the next: whoever is slow slows the reading down,
/// and nothing is lost, because the records wait in the topic.
/// </summary>
internal sealed class TopicReading<TKey, TValue> : IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private readonly IKafkaClients _clients;
    private readonly string _topic;
    private readonly TopicReadOptions<TKey, TValue> _options;
    private readonly Action<Record<TKey, TValue>> _next;
    private readonly Action<Exception?> _ended;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<TopicPartition, long> _ends = [];
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private bool _isHandingOver;

    /// <param name="clients">The way to Kafka.</param>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="next">Takes a record; what it throws ends the thread as its own failure.</param>
    /// <param name="ended">Called at most once: at the end, or with what made reading impossible; not when it is disposed.</param>
    public TopicReading(
        IKafkaClients clients, string topic, TopicReadOptions<TKey, TValue> options, Action<Record<TKey, TValue>> next,
        Action<Exception?> ended) =>
        (_clients, _topic, _options, _next, _ended) = (clients, topic, options, next, ended);

    /// <summary>Cancelled when nothing more is to be handed over.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public void Start() => new Thread(Run) { Name = $"{_options.ClientId}-{_topic}", IsBackground = true }.Start();

    /// <summary>Ends it; does not wait for what is being handed over.</summary>
    public void Dispose() => _stopping.Cancel();

    private void Run()
    {
        Exception? error = null;
        try
        {
            Read();
        }
#pragma warning disable CA1031 // Whoever reads gets it.
        catch (Exception exception) when (!_isHandingOver)
#pragma warning restore CA1031
        {
            error = exception;
        }

        if (!_stopping.IsCancellationRequested)
        {
            _ended(error);
        }
    }

    private void Read()
    {
        using var admin = _clients.CreateAdmin($"{_options.ClientId}-admin");
        var partitions = FindPartitions(admin)
            ?? throw new StreamsException($"Topic '{_topic}' cannot be read: there is none of that name. Create it first.");
        using var consumer = _clients.CreateConsumer(new ConsumerRole(_options.ClientId, null, null, _options.ReadCommitted, "error"));
        partitions.ForEach(partition => _positions[partition] = Start(consumer, partition));
        Assign(consumer);
        var looked = TimeProvider.System.GetTimestamp();
        while (!_stopping.IsCancellationRequested && !HasEnded(consumer, partitions))
        {
            if (!_options.StopsAtEnd && TimeProvider.System.GetElapsedTime(looked) >= _options.PartitionsInterval)
            {
                partitions = AddNew(consumer, admin, partitions);
                looked = TimeProvider.System.GetTimestamp();
            }

            var any = false;
            foreach (var partition in partitions)
            {
                any |= HandOver(consumer.Reader(partition).Next(), partition);
            }

            Poll(consumer, any ? TimeSpan.Zero : PollTimeout);
        }
    }

    private List<TopicPartition>? FindPartitions(IKafkaAdmin admin)
    {
        var topics = admin.DescribeTopicsAsync([_topic], _stopping.Token).GetAwaiter().GetResult();
        return topics.TryGetValue(_topic, out var found)
            ? [.. Enumerable.Range(0, found.PartitionCount).Select(partition => new TopicPartition(_topic, partition))]
            : null;
    }

    /// <summary>
    /// Partitions that were not there before are read from their beginning, wherever reading began: all they have is new. A question
    /// that nobody answers is asked again the next time; what is read already goes on.
    /// </summary>
    private List<TopicPartition> AddNew(IKafkaConsumer consumer, IKafkaAdmin admin, List<TopicPartition> partitions)
    {
        List<TopicPartition>? now;
        try
        {
            now = FindPartitions(admin);
        }
        catch (Exception exception) when (exception is KafkaClientException { Kind: KafkaErrorKind.Retriable } or OperationCanceledException)
        {
            return partitions;
        }

        if (now is null || now.Count <= partitions.Count)
        {
            return partitions;
        }

        now.Skip(partitions.Count).ToList().ForEach(partition => _positions[partition] = PartitionOffset.Beginning);
        Assign(consumer);
        return now;
    }

    /// <summary>From behind what was handed over, as the client forgets where it was.</summary>
    private void Assign(IKafkaConsumer consumer) =>
        consumer.Assign([.. _positions.Select(position => new PartitionOffset(position.Key, position.Value))]);

    /// <summary>Where reading begins. The end is asked for, so that it stays where it was now.</summary>
    private long Start(IKafkaConsumer consumer, TopicPartition partition)
    {
        var end = _options.StopsAtEnd || _options.From == OffsetReset.Latest ? consumer.QueryOffsets(partition, QueryTimeout).End : 0;
        if (_options.StopsAtEnd)
        {
            _ends[partition] = end;
        }

        return _options.Since is { } since ? consumer.QueryOffset(partition, since.ToUnixTimeMilliseconds(), QueryTimeout)
            : _options.From == OffsetReset.Earliest ? PartitionOffset.Beginning
            : end;
    }

    /// <summary>By positions, not by records: a partition may end with some that nobody sees.</summary>
    private bool HasEnded(IKafkaConsumer consumer, List<TopicPartition> partitions) =>
        _options.StopsAtEnd && partitions.TrueForAll(partition => _ends[partition] == 0
            || (consumer.Reader(partition) is var reader && (reader.Position >= _ends[partition] || reader.AtEnd)));

    private bool HandOver(RecordBatch records, TopicPartition partition)
    {
        for (var i = 0; i < records.Count && !_stopping.IsCancellationRequested; i++)
        {
            var bytes = records.Read(i);
            if (_options.StopsAtEnd && bytes.Offset >= _ends[partition])
            {
                break;
            }

            var record = _options.Read(partition, in bytes, records.ReadHeaders(i));
            _isHandingOver = true;
            _next(record);
            _isHandingOver = false;
            _positions[partition] = bytes.Offset + 1;
        }

        return records.Count > 0;
    }

    private static void Poll(IKafkaConsumer consumer, TimeSpan timeout)
    {
        try
        {
            consumer.Poll(timeout);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
        {
            // The client mends it itself; reading goes on where it was.
        }
    }
}
