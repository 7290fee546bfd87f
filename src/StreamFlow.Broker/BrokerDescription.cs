namespace StreamFlow.Broker;

/// <summary>What a broker has at one moment.</summary>
/// <param name="Topics">Its topics, those that it keeps for itself included.</param>
/// <param name="Transactions">Transactions that are open, or being ended.</param>
public sealed record BrokerDescription(
    IReadOnlyList<BrokerTopicDescription> Topics, IReadOnlyList<BrokerTransactionDescription> Transactions);

/// <summary>A topic of a broker.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsInternal">Whether the broker keeps it for itself.</param>
/// <param name="Configs">What was set for it, by Kafka's names; the rest is at its defaults.</param>
/// <param name="Partitions">Its partitions, in order.</param>
public sealed record BrokerTopicDescription(
    string Name, bool IsInternal, IReadOnlyDictionary<string, string> Configs, IReadOnlyList<BrokerPartitionDescription> Partitions);

/// <summary>A partition of a topic.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="StartOffset">Offset of its first record.</param>
/// <param name="EndOffset">Offset behind its last record, open transactions included.</param>
/// <param name="Bytes">What it takes on the disk, without indexes.</param>
public sealed record BrokerPartitionDescription(int Partition, long StartOffset, long EndOffset, long Bytes);

/// <summary>A transaction that is not over.</summary>
/// <param name="TransactionalId">Whose it is.</param>
/// <param name="State">Where it is, as Kafka's tools name it: <c>Ongoing</c>, <c>PrepareCommit</c> or <c>PrepareAbort</c>.</param>
/// <param name="Open">How long it has been open.</param>
/// <param name="Partitions">The partitions that it has written to, as <c>topic-partition</c>.</param>
public sealed record BrokerTransactionDescription(
    string TransactionalId, string State, TimeSpan Open, IReadOnlyList<string> Partitions);
