using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Hosting;

/// <summary>
/// What a broker in this process knows of itself and the protocol of Kafka does not tell. A service of the host where there is one:
/// StreamFlow.Hosting.Embedded adds it for the embedded broker.
/// </summary>
[Experimental("SF0001")]
public interface IBrokerInsight
{
    /// <summary>Where clients connect, as <c>host:port</c>.</summary>
    string BootstrapServers { get; }

    /// <summary>Bytes on disk, by topic and partition.</summary>
    /// <returns>Sizes at this moment.</returns>
    IReadOnlyDictionary<TopicPartition, long> PartitionSizes();

    /// <summary>Transactions that are open at this moment.</summary>
    /// <returns>The transactions.</returns>
    IReadOnlyList<OpenTransaction> OpenTransactions();
}

/// <summary>A transaction that is open.</summary>
/// <param name="TransactionalId">Whose it is.</param>
/// <param name="State">Where it is, as Kafka's tools name it.</param>
/// <param name="Open">How long it has been open.</param>
/// <param name="Partitions">The partitions that it has written to, as <c>topic-partition</c>.</param>
[Experimental("SF0001")]
public sealed record OpenTransaction(string TransactionalId, string State, TimeSpan Open, IReadOnlyList<string> Partitions);
