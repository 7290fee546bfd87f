using System.Buffers;
using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using StreamFlow.Clients;

namespace StreamFlow.Reactive;

/// <summary>
/// Writes what comes into a topic: a queue in front of a thread, which owns the producer. Records of a key stay in order.
/// </summary>
#pragma warning disable CA1001 // Its thread disposes of them when all is written.
internal sealed class TopicWriter<TKey, TValue> : IObserver<Record<TKey, TValue>>, ITopicWriter
#pragma warning restore CA1001
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TransactionTimeout = TimeSpan.FromMinutes(1);
    private readonly IKafkaClients _clients;
    private readonly string _topic;
    private readonly TopicWriteOptions<TKey, TValue> _options;
    private readonly EventLoopScheduler _thread;
    private readonly ObserverQueue<TKey, Record<TKey, TValue>> _queue;
    private readonly SingleAssignmentDisposable _subscription = new();
    private readonly SerialDisposable _looks = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _key = new();
    private readonly ArrayBufferWriter<byte> _value = new();
    private IKafkaProducer? _producer;
    private ProducerTopic? _target;
    private long _written;
    private long _dropped;
    private int _nextPartition;

    public TopicWriter(IKafkaClients clients, string topic, TopicWriteOptions<TKey, TValue> options)
    {
        (_clients, _topic, _options) = (clients, topic, options);
        _thread = new EventLoopScheduler(start => new Thread(start) { Name = $"{options.ClientId}-{topic}", IsBackground = true });
        var queueing = new ObservationOptions
        {
            SlowObserver = options.SlowObserver, Capacity = options.Capacity, Scheduler = _thread,
        };
        _queue = new ObserverQueue<TKey, Record<TKey, TValue>>(
            this, queueing.Checked(), _ => { }, () => Interlocked.Increment(ref _dropped));
    }

    public Task Completion => _completion.Task;

    public long Written => Interlocked.Read(ref _written);

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Start(IObservable<Record<TKey, TValue>> source)
    {
        _looks.Disposable = _thread.SchedulePeriodic(Look, () => Try(() => Serve(TimeSpan.Zero)));
        _subscription.Disposable = source.Subscribe(record => _queue.Add(record.Key, record), _queue.End, () => _queue.End(null));
    }

    public void Stop()
    {
        _subscription.Dispose();
        _queue.End(null);
    }

    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Behind what waits: the queue hands over on the same thread, in turns.
        void Flush()
        {
            if (_queue.IsEmpty || _completion.Task.IsCompleted)
            {
                Try(Drain);
                done.TrySetResult();
            }
            else
            {
                _thread.Schedule(Flush);
            }
        }

        if (TrySchedule(Flush))
        {
            await Task.WhenAny(done.Task, _completion.Task).ConfigureAwait(false);
        }

        if (_completion.Task.IsFaulted)
        {
            await _completion.Task.ConfigureAwait(false);
        }
    }

    public void OnNext(Record<TKey, TValue> value) => Try(() => Write(in value));

    public void OnCompleted() => Finish(null);

    public void OnError(Exception error) => Finish(error);

    /// <summary>Whether it is not over yet; the thread may end at any moment.</summary>
    private bool TrySchedule(Action work)
    {
        try
        {
            _thread.Schedule(work);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void Finish(Exception? error)
    {
        Try(Drain);
        Close(error);
    }

    private void Write(in Record<TKey, TValue> record)
    {
        var (topic, headers) = (Target(), record.Headers);
        _key.ResetWrittenCount();
        _value.ResetWrittenCount();
        if (record.HasKey)
        {
            _options.KeySerde.Serialize(record.Key, _key);
        }

        if (record.HasValue)
        {
            _options.ValueSerde.Serialize(record.Value, _value);
        }

        var partition = record.HasKey
            ? Murmur2.Partition(_key.WrittenSpan, topic.PartitionCount)
            : _nextPartition++ % topic.PartitionCount;
        var bytes = new ByteRecord
        {
            Key = _key.WrittenSpan,
            HasKey = record.HasKey,
            Value = _value.WrittenSpan,
            HasValue = record.HasValue,
            Timestamp = record.Timestamp,
        };
        while (!_producer!.TryProduce(topic, partition, in bytes, headers))
        {
            // Its queue is full: the broker is slow, or away.
            Serve(Wait);
        }

        Interlocked.Increment(ref _written);
        Serve(TimeSpan.Zero);
    }

    private ProducerTopic Target()
    {
        _producer ??= _clients.CreateProducer(new ProducerRole(_options.ClientId, null, TransactionTimeout));
        return _target ??= _producer.Topic(_topic);
    }

    private void Serve(TimeSpan timeout)
    {
        if (_producer is null)
        {
            return;
        }

        _producer.Poll(timeout);
        if (_producer.TryTakeFailure(out var failure))
        {
            throw new KafkaClientException(
                $"A record was not written to {failure.Partition}: {failure.Reason} Those behind it may be missing, too.", failure.Kind)
            {
                Partition = failure.Partition,
            };
        }
    }

    private void Drain()
    {
        if (_producer is not null && !_producer.Drain(_options.DeliveryTimeout))
        {
            throw new KafkaClientException(
                $"Records for topic '{_topic}' were not acknowledged within {_options.DeliveryTimeout}. Check that the broker can be reached.",
                KafkaErrorKind.Retriable);
        }

        Serve(TimeSpan.Zero);
    }

    /// <summary>The first failure ends it; whoever waits for room is let go.</summary>
    private void Try(Action work)
    {
        if (_completion.Task.IsCompleted)
        {
            return;
        }

        try
        {
            work();
        }
#pragma warning disable CA1031 // It is what Completion fails with.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close(exception);
        }
    }

    /// <summary>On the thread.</summary>
    private void Close(Exception? error)
    {
        if (_completion.Task.IsCompleted)
        {
            return;
        }

        _subscription.Dispose();
        _queue.Dispose();
        _looks.Dispose();
        try
        {
            _producer?.Dispose();
        }
        catch (KafkaClientException exception)
        {
            error ??= exception;
        }

        _ = error is null ? _completion.TrySetResult() : _completion.TrySetException(error);
        _thread.Dispose();
    }
}
