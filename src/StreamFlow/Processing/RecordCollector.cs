using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>
/// Sends a task's records through its thread's producer: picks partitions, holds back when the queue is full, and
/// remembers what went wrong, so that nobody who catches an exception can commit without the record.
/// </summary>
internal sealed class RecordCollector
{
    private static readonly TimeSpan QueueFullWait = TimeSpan.FromMilliseconds(5);
    private readonly IKafkaProducer _producer;
    private readonly SentResults _sent;
    private readonly Action? _beforeSend;
    private readonly RefusedRecords? _refused;
    private Exception? _failure;
    private int _keyless;

    /// <param name="producer">The thread's producer.</param>
    /// <param name="sent">Learns what results the producer has taken.</param>
    /// <param name="beforeSend">Called before each record; begins the transaction lazily under exactly-once.</param>
    /// <param name="refused">Results that were refused in a transaction; null without transactions.</param>
    public RecordCollector(
        IKafkaProducer producer, SentResults sent, Action? beforeSend = null, RefusedRecords? refused = null)
    {
        _producer = producer;
        _sent = sent;
        _beforeSend = beforeSend;
        _refused = refused;
    }

    /// <summary>Looks up a topic whose records may not be left out.</summary>
    public ProducerTopic Topic(string name)
    {
        try
        {
            return _producer.Topic(name);
        }
        catch (Exception exception)
        {
            Remember(exception);
            throw;
        }
    }

    /// <summary>Looks up a topic for results.</summary>
    /// <exception cref="KafkaClientException">Refused: there is no such topic, or it may not be written to.</exception>
    public ProducerTopic ResultTopic(string name)
    {
        try
        {
            return _producer.Topic(name);
        }
        catch (Exception exception) when (!IsRefused(exception))
        {
            Remember(exception);
            throw;
        }
    }

    /// <summary>The partition Kafka's default partitioner takes; keyless records go round in runs of 256.</summary>
    public int PartitionFor(ProducerTopic topic, ReadOnlySpan<byte> key, bool hasKey) =>
        hasKey
            ? Murmur2.Partition(key, topic.PartitionCount)
            : (int)((uint)_keyless++ / 256 % (uint)topic.PartitionCount);

    /// <summary>Sends a record that may not be left out: of a changelog, a repartition topic, a dead letter.</summary>
    public void Send(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        try
        {
            HandOver(topic, partition, in record, headers);
            _sent.TookOther();
        }
        catch (Exception exception)
        {
            Remember(exception);
            throw;
        }
    }

    /// <summary>Sends a result, which may be left out when it is refused.</summary>
    /// <exception cref="KafkaClientException">It is refused, now or in the attempt before.</exception>
    public void SendResult(
        TaskContext task, Node sink, ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        var mark = _refused is null ? 0 : task.Record.NextMark(sink);
        try
        {
            if (_refused is not { Any: true } || !_refused.IsSuspect(topic.Name, partition, in record, mark))
            {
                HandOver(topic, partition, in record, headers);
                _sent.Took(new SentResult(task, sink, task.Record.Origin, mark));
                return;
            }

            // Sent in a batch of its own, so that it alone is refused if it is.
            _refused.AwaitDelivery();
            HandOver(topic, partition, in record, headers);
            _sent.Took(new SentResult(task, sink, task.Record.Origin, mark));
            _refused.AwaitDelivery();
            _refused.Accepted(topic.Name, in record, mark);
        }
        catch (Exception exception) when (!IsRefused(exception))
        {
            Remember(exception);
            throw;
        }
    }

    /// <summary>Sends an input record's own bytes, with headers that say what happened (names as in KIP-1034).</summary>
    public void SendDeadLetter(string topicName, RawRecord source, in ErrorContext error)
    {
        var record = new ByteRecord
        {
            Key = source.Key,
            HasKey = source.Key is not null,
            Value = source.Value,
            HasValue = source.Value is not null,
            Timestamp = source.Timestamp,
        };
        SendDeadLetter(topicName, in record, source.Headers, in error);
    }

    /// <summary>Sends the bytes of a record, with headers that say what happened.</summary>
    public void SendDeadLetter(string topicName, in ByteRecord record, Headers? headers, in ErrorContext error)
    {
        var all = (headers ?? Headers.Empty)
            .With("__streams.errors.exception", error.Exception.GetType().FullName ?? error.Exception.GetType().Name)
            .With("__streams.errors.message", error.Exception.Message)
            .With("__streams.errors.stacktrace", error.Exception.ToString())
            .With("__streams.errors.topic", error.Offset >= 0 ? Encoding.UTF8.GetBytes(error.Topic) : null)
            .With("__streams.errors.partition", error.Partition.ToString(CultureInfo.InvariantCulture))
            .With("__streams.errors.offset", error.Offset.ToString(CultureInfo.InvariantCulture));
        var topic = Topic(topicName);
        Send(topic, PartitionFor(topic, record.Key, record.HasKey), in record, all);
    }

    /// <summary>Something failed that nobody may leave out: what the task has done since the last commit cannot be committed.</summary>
    public void Remember(Exception failure) => _failure ??= failure;

    /// <summary>What was done since the last commit is given up.</summary>
    public void Forget() => _failure = null;

    /// <summary>Throws the first failure there was since the last commit, if nobody let it through.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    private void HandOver(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        _beforeSend?.Invoke();
        try
        {
            while (!_producer.TryProduce(topic, partition, in record, headers))
            {
                _producer.Poll(QueueFullWait);
            }
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Abortable)
        {
            _refused?.Explain();
            throw;
        }
    }

    private static bool IsRefused(Exception exception) => exception is KafkaClientException { Kind: KafkaErrorKind.Refused };
}
