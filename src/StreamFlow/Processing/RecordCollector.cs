using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>Sends a task's records through its thread's producer: picks partitions, holds back when the queue is full.</summary>
internal sealed class RecordCollector
{
    private static readonly TimeSpan QueueFullWait = TimeSpan.FromMilliseconds(5);
    private readonly IKafkaProducer _producer;
    private readonly Action? _beforeSend;
    private int _keyless;

    /// <param name="producer">The thread's producer.</param>
    /// <param name="beforeSend">Called before each record; begins the transaction lazily under exactly-once.</param>
    public RecordCollector(IKafkaProducer producer, Action? beforeSend = null)
    {
        _producer = producer;
        _beforeSend = beforeSend;
    }

    public ProducerTopic Topic(string name) => _producer.Topic(name);

    /// <summary>The partition Kafka's default partitioner takes; keyless records go round in runs of 256.</summary>
    public int PartitionFor(ProducerTopic topic, ReadOnlySpan<byte> key, bool hasKey) =>
        hasKey
            ? Murmur2.Partition(key, topic.PartitionCount)
            : (int)((uint)_keyless++ / 256 % (uint)topic.PartitionCount);

    public void Send(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        _beforeSend?.Invoke();
        while (!_producer.TryProduce(topic, partition, in record, headers))
        {
            _producer.Poll(QueueFullWait);
        }
    }

    /// <summary>Sends the input record's own bytes, with headers that say what happened (names as in KIP-1034).</summary>
    public void SendDeadLetter(string topicName, TaskContext context, in ErrorContext error)
    {
        var record = context.Record;
        var batch = record.Batch ?? throw new InvalidOperationException("There is no input record to dead-letter.");
        var headers = (batch.ReadHeaders(record.Index) ?? Headers.Empty)
            .With("__streams.errors.exception", error.Exception.GetType().FullName ?? error.Exception.GetType().Name)
            .With("__streams.errors.message", error.Exception.Message)
            .With("__streams.errors.stacktrace", error.Exception.StackTrace ?? string.Empty)
            .With("__streams.errors.topic", error.Topic)
            .With("__streams.errors.partition", error.Partition.ToString(CultureInfo.InvariantCulture))
            .With("__streams.errors.offset", error.Offset.ToString(CultureInfo.InvariantCulture));
        var input = batch.Read(record.Index);
        var topic = Topic(topicName);
        Send(topic, PartitionFor(topic, input.Key, input.HasKey), in input, headers);
    }
}
