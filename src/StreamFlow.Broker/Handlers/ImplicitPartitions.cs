using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Partitions that join a transaction by being written to, as in version 2 of transactions (KIP-890): a producer asks for
/// nothing before its batches.
/// </summary>
internal sealed class ImplicitPartitions(TransactionCoordinator transactions)
{
    /// <summary>The first version of Produce whose batches include their partition.</summary>
    public const short ProduceFrom = 12;

    /// <summary>The first version of Produce whose clients know TRANSACTION_ABORTABLE.</summary>
    private const short AbortableFrom = 11;

    /// <summary>Whether a batch must wait for its partition to join: it is of a transaction that does not include it yet.</summary>
    /// <param name="batch">What the client sent; nothing has been checked of it.</param>
    /// <param name="log">Where it goes.</param>
    /// <param name="producer">Whose transaction it is.</param>
    public static bool Joins(ReadOnlySpan<byte> batch, PartitionLog log, out ProducerIdentity producer)
    {
        if (!BatchHeader.TryRead(batch, out BatchHeader header) || header is not { IsTransactional: true, ProducerId: >= 0 })
        {
            producer = ProducerIdentity.None;
            return false;
        }

        producer = new ProducerIdentity(header.ProducerId, header.ProducerEpoch);
        return !log.IsInTransaction(producer.ProducerId, producer.Epoch);
    }

    /// <summary>Whether a batch says that it belongs to a transaction.</summary>
    public static bool IsTransactional(ReadOnlySpan<byte> batch) =>
        BatchHeader.TryRead(batch, out BatchHeader header) && header.IsTransactional;

    /// <summary>What a refusal of a batch by a partition is called in this version of Produce.</summary>
    public static ErrorCode Translate(ErrorCode error, ReadOnlySpan<byte> batch, short version) =>
        error == ErrorCode.InvalidTxnState && version >= AbortableFrom && IsTransactional(batch)
            ? ErrorCode.TransactionAbortable
            : error;

    /// <summary>Lets the partitions join; the record of that is written when it completes.</summary>
    /// <returns>Why a partition could not, for each that could not.</returns>
    public async ValueTask<Dictionary<TransactionPartition, ErrorCode>> JoinAsync(
        string transactionalId, IReadOnlyList<(TransactionPartition Partition, ProducerIdentity Producer)> joining)
    {
        var refused = new Dictionary<TransactionPartition, ErrorCode>();
        foreach (IGrouping<ProducerIdentity, TransactionPartition> group in joining.GroupBy(
            static x => x.Producer, static x => x.Partition))
        {
            TransactionPartition[] partitions = [.. group];
            ErrorCode[] errors = await transactions
                .AddPartitionsAsync(transactionalId, group.Key, partitions, TransactionVersion.V2).ConfigureAwait(false);
            for (int i = 0; i < errors.Length; i++)
            {
                if (errors[i] != ErrorCode.None)
                {
                    refused[partitions[i]] = OfProduce(errors[i]);
                }
            }
        }

        return refused;
    }

    /// <summary>Kafka's words for what the coordinator says, to a producer that asked a partition.</summary>
    private static ErrorCode OfProduce(ErrorCode error) => error switch
    {
        ErrorCode.ProducerFenced => ErrorCode.InvalidProducerEpoch,
        ErrorCode.CoordinatorNotAvailable => ErrorCode.NotEnoughReplicas,
        _ => error,
    };
}
