using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>A topic a producer writes to.</summary>
[Experimental("SF0001")]
public abstract class ProducerTopic
{
    /// <summary>Name of the topic.</summary>
    public abstract string Name { get; }

    /// <summary>Number of partitions, as last seen in the metadata; at least 1.</summary>
    public abstract int PartitionCount { get; }

    /// <summary>Offset of the last record this producer delivered to a partition, as the broker acknowledged it.</summary>
    /// <param name="partition">The partition.</param>
    /// <returns>The offset, or -1 when none was acknowledged yet.</returns>
    public abstract long LastDeliveredOffset(int partition);
}

/// <summary>A record that could not be delivered.</summary>
/// <param name="Partition">Where it should have gone.</param>
/// <param name="Reason">Why the broker or the client refused it.</param>
/// <param name="Kind">What can be done.</param>
/// <param name="Key">A copy of the record's key, or <see langword="null"/>.</param>
/// <param name="Value">A copy of the record's value, or <see langword="null"/>.</param>
[Experimental("SF0001")]
public readonly record struct DeliveryFailure(
    TopicPartition Partition, string Reason, KafkaErrorKind Kind, byte[]? Key, byte[]? Value)
{
    /// <summary>
    /// Which of its producer's records it is: how many the producer had taken before it, that is calls of
    /// <see cref="IKafkaProducer.TryProduce"/> that returned true.
    /// </summary>
    public required long Number { get; init; }

    /// <summary>
    /// Whether every record of that topic would be refused. Otherwise, without transactions, the fault is this record's:
    /// what a broker refused together was sent again in smaller batches. In a transaction it is that of a batch: of a record in
    /// it, or of all of them together.
    /// </summary>
    public bool ConcernsTopic { get; init; }

    /// <summary>The record's timestamp in milliseconds since 1970-01-01T00:00Z; -1 when it is not known.</summary>
    /// <value>Default: -1.</value>
    public long Timestamp { get; init; } = -1;

    /// <summary>The record's headers, or <see langword="null"/>.</summary>
    public Headers? Headers { get; init; }
}

/// <summary>
/// An idempotent, optionally transactional producer, owned by one thread. Failed deliveries are collected and reported
/// by <see cref="TryTakeFailure"/>; none is lost. A record that is refused fails alone: without transactions those that were
/// refused only for its company are delivered, and records of one key stay in order. That may repeat records, but whoever
/// reads on from the first repetition reads those of a key in order.
/// </summary>
[Experimental("SF0001")]
public interface IKafkaProducer : IDisposable
{
    /// <summary>Looks a topic up, waiting for its metadata the first time.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <returns>The topic; the same instance at each call.</returns>
    /// <exception cref="KafkaClientException">
    /// <see cref="KafkaErrorKind.Refused"/>: the topic does not exist, its name is not one, or it may not be written to. Otherwise
    /// the broker does not answer, or the producer is broken.
    /// </exception>
    ProducerTopic Topic(string name);

    /// <summary>Hands a record to the producer, which copies it once and sends it in the background.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="record">Key, value and timestamp.</param>
    /// <param name="headers">Headers, or <see langword="null"/>.</param>
    /// <returns>
    /// False when the local queue is full or other records go first: call <see cref="Poll"/> and try again.
    /// </returns>
    /// <exception cref="KafkaClientException">
    /// The record cannot be accepted at all. <see cref="KafkaErrorKind.Refused"/>: because of what it is (too large, unknown
    /// partition); it has left no trace, the transaction can be committed without it. Otherwise because of the producer or
    /// its transaction.
    /// </exception>
    bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers);

    /// <summary>Serves delivery reports.</summary>
    /// <param name="timeout">How long to wait for one; zero serves what is there.</param>
    void Poll(TimeSpan timeout);

    /// <summary>Waits until every record handed over is acknowledged or has failed.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>Whether nothing is outstanding any more.</returns>
    bool Drain(TimeSpan timeout);

    /// <summary>
    /// Takes the oldest failed delivery that has not been reported yet. An abort leaves at most those that are
    /// <see cref="KafkaErrorKind.Refused"/>.
    /// </summary>
    /// <param name="failure">The failure.</param>
    /// <returns>Whether there was one.</returns>
    bool TryTakeFailure(out DeliveryFailure failure);

    /// <summary>Registers the transactional id and fences older producers of it.</summary>
    /// <param name="timeout">How long one attempt may take.</param>
    void InitTransactions(TimeSpan timeout);

    /// <summary>Begins a transaction.</summary>
    void BeginTransaction();

    /// <summary>Adds consumer offsets to the transaction.</summary>
    /// <param name="offsets">Offsets of the next records to read.</param>
    /// <param name="group">The member's identity now.</param>
    /// <param name="timeout">How long one attempt may take.</param>
    void SendOffsetsToTransaction(IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout);

    /// <summary>Commits the transaction.</summary>
    /// <param name="timeout">How long one attempt may take.</param>
    void CommitTransaction(TimeSpan timeout);

    /// <summary>Aborts the transaction; records not yet sent are dropped.</summary>
    /// <param name="timeout">How long one attempt may take.</param>
    void AbortTransaction(TimeSpan timeout);
}
