using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>Sends a task's records through its thread's producer: picks partitions, holds back when the queue is full.</summary>
internal sealed class RecordCollector
{
    private static readonly TimeSpan QueueFullWait = TimeSpan.FromMilliseconds(5);
    private readonly IKafkaProducer _producer;
    private readonly Action? _beforeSend;
    private readonly RefusedRecords? _refused;
    private int _keyless;

    /// <param name="producer">The thread's producer.</param>
    /// <param name="beforeSend">Called before each record; begins the transaction lazily under exactly-once.</param>
    /// <param name="refused">Results that were refused in a transaction; null without transactions.</param>
    public RecordCollector(IKafkaProducer producer, Action? beforeSend = null, RefusedRecords? refused = null)
    {
        _producer = producer;
        _beforeSend = beforeSend;
        _refused = refused;
    }

    /// <summary>Whether results are to be marked, so that they can be told again in the next attempt.</summary>
    public bool WantsMarks => _refused is not null;

    public ProducerTopic Topic(string name) => _producer.Topic(name);

    /// <summary>The partition Kafka's default partitioner takes; keyless records go round in runs of 256.</summary>
    public int PartitionFor(ProducerTopic topic, ReadOnlySpan<byte> key, bool hasKey) =>
        hasKey
            ? Murmur2.Partition(key, topic.PartitionCount)
            : (int)((uint)_keyless++ / 256 % (uint)topic.PartitionCount);

    public void Send(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
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

    /// <summary>Sends a result, which may be left out when it is refused.</summary>
    /// <exception cref="KafkaClientException">It is refused, now or in the attempt before.</exception>
    public void SendResult(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        if (_refused is { Any: true })
        {
            _refused.Send(this, topic, partition, in record, headers);
        }
        else
        {
            Send(topic, partition, in record, headers);
        }
    }

    /// <summary>Sends the input record's own bytes, with headers that say what happened (names as in KIP-1034).</summary>
    public void SendDeadLetter(string topicName, TaskContext context, in ErrorContext error)
    {
        var record = context.Record;
        var batch = record.Batch ?? throw new InvalidOperationException("There is no input record to dead-letter.");
        var input = batch.Read(record.Index);
        SendDeadLetter(topicName, in input, batch.ReadHeaders(record.Index), error);
    }

    /// <summary>Sends the bytes of a record, with headers that say what happened.</summary>
    public void SendDeadLetter(string topicName, in ByteRecord record, Headers? headers, in ErrorContext error)
    {
        var all = (headers ?? Headers.Empty)
            .With("__streams.errors.exception", error.Exception.GetType().FullName ?? error.Exception.GetType().Name)
            .With("__streams.errors.message", error.Exception.Message)
            .With("__streams.errors.stacktrace", error.Exception.StackTrace ?? string.Empty)
            .With("__streams.errors.topic", error.Topic)
            .With("__streams.errors.partition", error.Partition.ToString(CultureInfo.InvariantCulture))
            .With("__streams.errors.offset", error.Offset.ToString(CultureInfo.InvariantCulture));
        var topic = Topic(topicName);
        Send(topic, PartitionFor(topic, record.Key, record.HasKey), in record, all);
    }
}
