
namespace StreamFlow.Broker.Transactions;

/// <summary>What a transaction asks its driver to do.</summary>
internal abstract record TransactionEffect;

/// <summary>
/// Store this, then tell <see cref="Transaction.Persisted"/>; nothing else happens to the transaction meanwhile. Before a
/// commit is stored, everything its transaction wrote must be durable.
/// </summary>
/// <param name="Snapshot">What to store.</param>
/// <param name="MayBeLost">
/// Whether a power cut may take it although work went on: the next start can tell, and aborts what was done.
/// </param>
internal sealed record PersistTransaction(TransactionSnapshot Snapshot, bool MayBeLost = false) : TransactionEffect;

/// <summary>Delete what is stored of the id.</summary>
internal sealed record DeleteTransaction : TransactionEffect;

/// <summary>Let these partitions accept the producer's transactional batches.</summary>
internal sealed record RegisterPartitions(
    ProducerIdentity Producer, IReadOnlyList<TransactionPartition> Partitions, TransactionVersion Version)
    : TransactionEffect;

/// <summary>Write a marker to every partition, then tell <see cref="Transaction.MarkersWritten"/>.</summary>
/// <param name="Producer">The identity of the markers.</param>
/// <param name="Commit">The outcome.</param>
/// <param name="Partitions">Where to write them.</param>
/// <param name="Version">With version 2 the epoch of the markers is above that of the records.</param>
internal sealed record WriteMarkers(
    ProducerIdentity Producer, bool Commit, IReadOnlyList<TransactionPartition> Partitions, TransactionVersion Version)
    : TransactionEffect;

/// <summary>Answer a request.</summary>
internal sealed record TransactionReply(long Request, ErrorCode Error, ProducerIdentity Producer) : TransactionEffect;
