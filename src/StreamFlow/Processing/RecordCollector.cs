using System.Runtime.ExceptionServices;
using StreamFlow.Clients;

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
    /// <param name="sent">Learns what the producer has taken.</param>
    /// <param name="beforeSend">Called before each record; begins the transaction lazily under exactly-once.</param>
    /// <param name="refused">Records that were refused in a transaction; null without transactions.</param>
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

    /// <summary>Looks up a topic for results or dead letters.</summary>
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

    /// <summary>Sends a record: a result, a row of a changelog, a dead letter.</summary>
    /// <param name="task">The task it comes from; what it is due to is its record at hand.</param>
    /// <param name="name">Name of the operator or store that sends it.</param>
    /// <param name="topic">Where it goes.</param>
    /// <param name="partition">Where in it.</param>
    /// <param name="record">The record.</param>
    /// <param name="headers">Its headers, or null.</param>
    /// <param name="letter">What it is about, if it is a dead letter.</param>
    /// <exception cref="KafkaClientException">
    /// Refused, now or in the attempt before: an error handler is to be asked about it.
    /// </exception>
    public void Send(
        TaskContext task, string name, ProducerTopic topic, int partition, in ByteRecord record, Headers? headers,
        DeadLetter? letter = null)
    {
        var mark = _refused is null ? 0 : task.Record.NextMark(name);
        var origin = letter is null ? task.Record.Origin : task.Record.Origin with { Raw = null };
        try
        {
            if (_refused is not { Any: true } || !_refused.IsSuspect(topic.Name, partition, in record, mark))
            {
                HandOver(topic, partition, in record, headers);
                _sent.Took(new SentResult(task, name, origin, mark, letter));
                return;
            }

            // Sent in a batch of its own, so that it alone is refused if it is.
            _refused.AwaitDelivery();
            HandOver(topic, partition, in record, headers);
            _sent.Took(new SentResult(task, name, origin, mark, letter));
            _refused.AwaitDelivery();
        }
        catch (Exception exception) when (!IsRefused(exception))
        {
            Remember(exception);
            throw;
        }
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
