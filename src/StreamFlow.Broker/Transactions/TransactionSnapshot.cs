namespace StreamFlow.Broker.Transactions;

/// <summary>A producer id with the epoch that tells its incarnations apart.</summary>
internal readonly record struct ProducerIdentity(long ProducerId, short Epoch)
{
    public static ProducerIdentity None { get; } = new(-1, -1);
}

/// <summary>One partition a transaction writes to.</summary>
internal readonly record struct TransactionPartition(string Topic, int Partition);

/// <summary>What is stored of a transactional id: the whole of it, at each change.</summary>
internal sealed record TransactionSnapshot
{
    /// <summary>The producer that may use the id now; nobody else.</summary>
    public ProducerIdentity Producer { get; init; } = ProducerIdentity.None;

    /// <summary>
    /// What the producer was before it asked for a new epoch by naming its old one: asked again, for want of an
    /// answer, it gets the same epoch (KIP-360). <see cref="ProducerIdentity.None"/> when there is no such producer.
    /// </summary>
    public ProducerIdentity Previous { get; init; } = ProducerIdentity.None;

    public int TimeoutMs { get; init; }

    public TransactionState State { get; init; }

    /// <summary>The partitions of the open transaction; none when no transaction is open or being ended.</summary>
    public IReadOnlyList<TransactionPartition> Partitions { get; init; } = [];

    /// <summary>
    /// The open transaction lived through a stop that was not orderly, and what it wrote before, or even that it had been
    /// aborted, may be lost: it can no longer commit.
    /// </summary>
    public bool MustAbort { get; init; }

    /// <summary>When this was written, in milliseconds since 1970-01-01 UTC.</summary>
    public long LastUpdateMs { get; init; }

    /// <summary>When the transaction began, in milliseconds since 1970-01-01 UTC; −1 without one.</summary>
    public long StartMs { get; init; } = -1;
}
