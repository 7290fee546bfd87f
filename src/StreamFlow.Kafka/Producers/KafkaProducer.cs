using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>The engine's producer over librdkafka.</summary>
internal sealed class KafkaProducer : IKafkaProducer
{
    private static readonly TimeSpan TopicTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GoneInterval = TimeSpan.FromSeconds(1);

    /// <summary>Not to wait for: an answer that comes later is librdkafka's all the same.</summary>
    private static readonly TimeSpan AskTimeout = TimeSpan.FromMilliseconds(20);

    private readonly string _clientId;
    private readonly NativeProducer _native;
    private readonly RefusedBatches? _refused;
    private readonly DeliveryReports _reports;
    private readonly Dictionary<string, SinkTopic> _topics = new(StringComparer.Ordinal);
    private readonly ProducerTransactions? _transactions;
    private readonly Func<string, bool> _isMissing;
    private readonly Action _lookForTopics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private long _refreshed;
    private long _looked;
    private long _taken;
    private int _refreshNext;
    private bool _disposed;

    internal KafkaProducer(
        ProducerRole role,
        IEnumerable<KeyValuePair<string, string>> settings,
        ClientLines lines,
        ILogger logger,
        TimeProvider time)
    {
        _clientId = role.ClientId;
        _logger = logger;
        _time = time;
        _refused = role.TransactionalId is null ? new RefusedBatches(role.ClientId, logger) : null;
        _reports = new DeliveryReports(_refused);
        _native = new NativeProducer(settings, new ClientCallbacks(_clientId, lines, logger));
        _transactions = role.TransactionalId is null
            ? null
            : new ProducerTransactions(role, _native, _reports, time);
        _isMissing = role.IsMissing;
        _lookForTopics = LookForTopics;
        _refreshed = _looked = time.GetTimestamp();
    }

    public ProducerTopic Topic(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ThrowIfDisposed();
        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = Find(name);
            _topics.Add(name, topic);
            _reports.Add(topic);
        }

        return topic;
    }

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        if ((uint)partition >= (uint)topic.PartitionCount)
        {
            throw new KafkaClientException(
                $"Topic '{topic.Name}' has no partition {partition}; it has {topic.PartitionCount}.",
                KafkaErrorKind.Refused);
        }

        var sink = (SinkTopic)topic;
        var size = RecordSize.Of((nuint)record.Key.Length, (nuint)record.Value.Length);
        if (!MayTake(sink, partition, size))
        {
            return false;
        }

        var error = _native.Produce(sink.Pointer, partition, in record, headers, _taken);
        if (error.IsError)
        {
            return error.Code == ErrorCode.QueueFull ? false : ThrowRefused(topic, partition, in record, error);
        }

        sink.Taken(partition, size);
        _taken++;
        return true;
    }

    public void Poll(TimeSpan timeout)
    {
        ThrowIfDisposed();
        _native.Poll(_reports, Timeouts.Milliseconds(timeout));
        _ = Outbox.SendAgain(_native, _reports, _refused);
        LookForTopics();
        if (_topics.Count > 0 && _time.GetElapsedTime(_refreshed) >= RefreshInterval / _topics.Count)
        {
            RefreshOneTopic();
        }
    }

    public bool Drain(TimeSpan timeout)
    {
        ThrowIfDisposed();
        return Outbox.Drain(_native, _reports, _refused, _time, timeout, _lookForTopics);
    }

    public bool TryTakeFailure(out DeliveryFailure failure) => _reports.TryTakeFailure(out failure);

    public void InitTransactions(TimeSpan timeout) => Transacting().Init(timeout);

    public void BeginTransaction() => Transacting().Begin();

    public void SendOffsetsToTransaction(
        IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
        Transacting().SendOffsets(offsets, group, timeout);

    public void CommitTransaction(TimeSpan timeout) => Transacting().Commit(timeout);

    public void AbortTransaction(TimeSpan timeout) => Transacting().Abort(timeout);

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_native.Outstanding + (_refused?.Count ?? 0) is var outstanding and > 0)
        {
            Log.DroppedAtClose(_logger, _clientId, outstanding);
            _native.Purge();
            _native.Poll(_reports, 0);
        }

        foreach (var topic in _topics.Values)
        {
            topic.Dispose();
        }

        _native.Dispose();
    }

    /// <summary>
    /// Nothing new goes before what is to be sent again; and where a batch was too large, records that would make another one
    /// wait for those before them, which are sent now.
    /// </summary>
    private bool MayTake(SinkTopic topic, int partition, long size)
    {
        if (_refused is not { IsActive: true } && topic.HasRoom(partition, size))
        {
            return true;
        }

        _native.Flush(1);
        return false;
    }

    /// <summary>Looks a topic up. One that was created a moment ago is not known to every broker yet.</summary>
    private SinkTopic Find(string name)
    {
        var handle = _native.KeepTopic(name);
        var start = _time.GetTimestamp();
        while (true)
        {
            var left = TopicTimeout - _time.GetElapsedTime(start);
            var error = _native.PartitionCount(handle, Timeouts.Milliseconds(left), out var count);
            if (!error.IsError && count > 0)
            {
                return new SinkTopic(name, handle, count);
            }

            if (left <= TimeSpan.Zero || !MayAppear(error))
            {
                handle.Dispose();
                throw Errors.Exception(
                    $"Producer '{_clientId}' cannot write to topic '{name}' (create it, or check its name and access)",
                    error, error.IsError ? Errors.DeliveryKind(error) : KafkaErrorKind.Fatal);
            }

            _native.Poll(_reports, 50);
        }
    }

    private static bool MayAppear(in NativeError error) =>
        !error.IsError || error.Code is ErrorCode.LeaderNotAvailable or ErrorCode.Transport or ErrorCode.TimedOut;

    /// <summary>Partitions may be added at any time; keys go to the new ones from then on, as in Kafka.</summary>
    private void RefreshOneTopic()
    {
        _refreshed = _time.GetTimestamp();
        _refreshNext = (_refreshNext + 1) % _topics.Count;
        var topic = _topics.Values.ElementAt(_refreshNext);
        var error = _native.PartitionCount(topic.Handle, Timeouts.Milliseconds(RefreshTimeout), out var count);
        if (error.IsError)
        {
            Log.RefreshFailed(_logger, _clientId, topic.Name, error.Text);
        }
        else
        {
            topic.Grow(count);
        }
    }

    /// <summary>
    /// Whether a topic is there librdkafka asks now and then; within a transaction it waits to register its partitions, and does not ask at
    /// all. By the answer that it was deleted all that waits for it is refused, and by another one it is written to again.
    /// </summary>
    private void LookForTopics()
    {
        if (_time.GetElapsedTime(_looked) < GoneInterval)
        {
            return;
        }

        _looked = _time.GetTimestamp();
        foreach (var topic in _topics.Values)
        {
            if (topic.IsGone || _isMissing(topic.Name))
            {
                var error = _native.PartitionCount(topic.Handle, Timeouts.Milliseconds(AskTimeout), out var count);
                topic.IsGone &= error.IsError || count == 0;
            }
        }
    }

    private bool ThrowRefused(ProducerTopic topic, int partition, in ByteRecord record, in NativeError error)
    {
        var fatal = _native.FatalError();
        var cause = fatal.IsError ? fatal : error;
        var kind = Errors.DeliveryKind(cause);
        ((SinkTopic)topic).IsGone |= cause.Code == ErrorCode.UnknownPartition || Errors.ConcernsTopic(cause.Code);
        if (kind != KafkaErrorKind.Refused)
        {
            // librdkafka does not count a record it did not take: it would commit the transaction without it.
            _transactions?.MarkForAbort($"a record for {topic.Name}-{partition} was not taken: {error.Text}");
        }

        throw Errors.Exception(
            $"Producer '{_clientId}' refuses a record for {topic.Name}-{partition}", cause, kind,
            Errors.IsTooLarge(cause.Code) ? ". " + TooLarge.Text(topic.Name, record.HasKey, record.Key, record.Value.Length) : string.Empty,
            new TopicPartition(topic.Name, partition));
    }

    private ProducerTransactions Transacting()
    {
        ThrowIfDisposed();
        return _transactions ?? throw new InvalidOperationException(
            $"Producer '{_clientId}' has no transactional id; transactions need one.");
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
