
namespace StreamFlow.Broker.Storage;

/// <summary>What the transaction coordinator and administrators do with the producers of a partition.</summary>
internal static class PartitionProducers
{
    /// <summary>Says that a transaction of this producer includes this partition; until its marker.</summary>
    /// <param name="log">The partition.</param>
    /// <param name="producerId">Whose transaction it is.</param>
    /// <param name="producerEpoch">Its epoch.</param>
    /// <param name="startsAtZero">Whether the first batch must have the sequence 0.</param>
    public static void RegisterTransaction(
        this PartitionLog log, long producerId, short producerEpoch, bool startsAtZero = false)
    {
        using (log.Gate.Enter())
        {
            log.Producers.RegisterTransaction(producerId, producerEpoch, startsAtZero);
        }
    }

    /// <summary>Whether the producer's open transaction includes this partition; see <see cref="RegisterTransaction"/>.</summary>
    public static bool IsInTransaction(this PartitionLog log, long producerId, short producerEpoch)
    {
        using (log.Gate.Enter())
        {
            return log.Producers.IsRegistered(producerId, producerEpoch);
        }
    }

    /// <summary>The producers known to this partition, copied.</summary>
    public static IReadOnlyList<ProducerDescription> DescribeProducers(this PartitionLog log)
    {
        using (log.Gate.Enter())
        {
            return [.. log.Producers.Producers.Select(static state => new ProducerDescription(
                state.ProducerId, state.Epoch, state.LastSequence, state.LastTimestamp, state.CoordinatorEpoch,
                state.OpenTransactionFirstOffset))];
        }
    }
}
