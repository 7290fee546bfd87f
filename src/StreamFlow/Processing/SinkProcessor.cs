using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Serialization;

namespace StreamFlow.Processing;

/// <summary>What a sink needs to turn records into bytes.</summary>
/// <param name="Keys">Serde of the keys.</param>
/// <param name="Values">Serde of the values.</param>
/// <param name="Partitioner">Chooses partitions; null: the hash of the key does.</param>
/// <param name="IsInternal">Whether it is a repartition topic: one that is missing is no matter of the record.</param>
internal sealed record SinkFormat<TKey, TValue>(
    ISerde<TKey> Keys, ISerde<TValue> Values, StreamPartitioner<TKey, TValue>? Partitioner, bool IsInternal);

/// <summary>Serializes records, once, and sends them to a topic.</summary>
internal sealed class SinkProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly SinkFormat<TKey, TValue> _format;
    private readonly TopicNameExtractor<TKey, TValue>? _chooser;
    private readonly string _topicName = string.Empty;
    private readonly int _keySuffix;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();
    private readonly Dictionary<string, ProducerTopic> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TopicSerdes<TKey, TValue>> _topicSerdes = new(StringComparer.Ordinal);
    private readonly SinkCounts _counts;
    private ProducerTopic? _topic;

    // Those of the topic that was written last; mostly there is only one.
    private TopicSerdes<TKey, TValue>? _serdes;

    public SinkProcessor(string name, TaskContext task, SinkFormat<TKey, TValue> format, string topic)
        : this(name, task, format, task.Metrics.Sink(name, topic)) => _topicName = topic;

    public SinkProcessor(
        string name, TaskContext task, SinkFormat<TKey, TValue> format, TopicNameExtractor<TKey, TValue> chooser)
        : this(name, task, format, task.Metrics.Sink(name, string.Empty)) => _chooser = chooser;

    private SinkProcessor(string name, TaskContext task, SinkFormat<TKey, TValue> format, SinkCounts counts)
        : base(name)
    {
        _task = task;
        _format = format;
        _counts = counts;
        _keySuffix = format.Keys is WindowKeySerde<TKey> windowed ? windowed.SuffixLength : 0;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!TryFindTopic(in record, out var topic) || !TryPartition(in record, topic, out var partitions)
            || !TrySerialize(in record, topic.Name))
        {
            return;
        }

        var bytes = new ByteRecord
        {
            Key = _key.Written,
            Value = _value.Written,
            HasKey = record.HasKey,
            HasValue = record.HasValue,
            Timestamp = record.Timestamp,
        };
        var headers = _serdes!.Written(record.Headers);
        try
        {
            Send(topic, in partitions, in bytes, headers);
            _counts.Count(record.Timestamp, bytes.Key.Length + bytes.Value.Length);
        }
        catch (KafkaClientException e) when (e.Kind == KafkaErrorKind.Refused)
        {
            // This record is the trouble, too large for example; the producer is in order.
            _task.Errors.HandleRefused(_task, this, e, in record, in bytes, headers, topic.Name);
        }
    }

    private void Send(ProducerTopic topic, in Partitions partitions, in ByteRecord bytes, Headers? headers)
    {
        switch (partitions.Kind)
        {
            case Partitions.Choice.None:
                _task.Drop(DropReason.NoPartition, this, bytes.Timestamp);
                return;
            case Partitions.Choice.All:
                for (var i = 0; i < topic.PartitionCount; i++)
                {
                    _task.Collector.Send(_task, Name, topic, i, in bytes, headers);
                }

                return;
            case Partitions.Choice.Several:
                foreach (var each in partitions.Several)
                {
                    _task.Collector.Send(_task, Name, topic, each, in bytes, headers);
                }

                return;
            case Partitions.Choice.One:
                _task.Collector.Send(_task, Name, topic, partitions.Single, in bytes, headers);
                return;
            default:
                var partition = _task.Collector.PartitionFor(
                    topic, bytes.HasKey ? bytes.Key[..^_keySuffix] : default, bytes.HasKey);
                _task.Collector.Send(_task, Name, topic, partition, in bytes, headers);
                return;
        }
    }

    private bool TryFindTopic(in Record<TKey, TValue> record, out ProducerTopic topic)
    {
        topic = _topic!;
        return topic is not null || (TryName(in record, out var name) && TryLookUp(name, in record, out topic));
    }

    private bool TryName(in Record<TKey, TValue> record, out string name)
    {
        name = _topicName;
        if (_chooser is null)
        {
            return true;
        }

        try
        {
            name = _chooser(record);
            return !string.IsNullOrEmpty(name) ? true : throw new InvalidOperationException(
                $"The function that chooses the topic returned {(name is null ? "null" : "an empty name")}. Return the name of a "
                + "topic, or filter such records out before.");
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return false;
        }
    }

    private bool TryLookUp(string name, in Record<TKey, TValue> record, out ProducerTopic topic)
    {
        if (_topics.TryGetValue(name, out topic!))
        {
            return true;
        }

        if (_format.IsInternal)
        {
            topic = _task.Collector.Topic(name);
        }
        else
        {
            try
            {
                ThrowIfNoName(name);
                topic = _task.Collector.ResultTopic(name);
            }
            catch (KafkaClientException e) when (e.Kind == KafkaErrorKind.Refused)
            {
                _task.Errors.HandleRefused(_task, this, e, in record);
                return false;
            }
        }

        _topics.Add(name, topic);
        _topic = _chooser is null ? topic : null;
        return true;
    }

    /// <summary>Brokers answer a name that is none in different ways, or not at all; it is the record that is to blame.</summary>
    private static void ThrowIfNoName(string name)
    {
        if (ResourceName.Complaint(name) is { } complaint)
        {
            throw new KafkaClientException(
                $"The topic that was chosen, '{name}', is no name of a topic: {complaint}.", KafkaErrorKind.Refused);
        }
    }

    private bool TryPartition(in Record<TKey, TValue> record, ProducerTopic topic, out Partitions partitions)
    {
        partitions = Partitions.Default;
        if (_format.Partitioner is null)
        {
            return true;
        }

        try
        {
            partitions = _format.Partitioner(topic.Name, record, topic.PartitionCount);
            if (partitions.Kind == Partitions.Choice.One)
            {
                Check(partitions.Single, topic);
            }

            foreach (var each in partitions.Several)
            {
                Check(each, topic);
            }

            return true;
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return false;
        }
    }

    private static void Check(int partition, ProducerTopic topic)
    {
        if (partition < 0 || partition >= topic.PartitionCount)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The partitioner chose partition {partition} of {topic.Name}, which has {topic.PartitionCount}."));
        }
    }

    private bool TrySerialize(in Record<TKey, TValue> record, string topic)
    {
        _key.Clear();
        _value.Clear();
        try
        {
            var serdes = SerdesOf(topic);
            serdes.Show(record.Headers);
            if (record.HasKey)
            {
                serdes.Keys.Serialize(record.Key, _key);
            }

            if (record.HasValue)
            {
                serdes.Values.Serialize(record.Value, _value);
            }

            return true;
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Production, e);
            return false;
        }
    }

    private TopicSerdes<TKey, TValue> SerdesOf(string topic)
    {
        if (_serdes is not null && string.Equals(_serdes.Topic, topic, StringComparison.Ordinal))
        {
            return _serdes;
        }

        if (!_topicSerdes.TryGetValue(topic, out _serdes))
        {
            _serdes = new TopicSerdes<TKey, TValue>(topic, _format.Keys, _format.Values, writes: true);
            _topicSerdes.Add(topic, _serdes);
        }

        return _serdes;
    }
}
