namespace StreamFlow.Broker.Transactions;

/// <summary>A producer id with the epoch that tells its incarnations apart.</summary>
internal readonly record struct ProducerIdentity(long ProducerId, short Epoch)
{
    public static ProducerIdentity None { get; } = new(-1, -1);

    /// <summary>
    /// Epochs at or above this are not handed out: the next producer gets a new id, and one epoch is left to fence with.
    /// </summary>
    public const short ExhaustedEpoch = short.MaxValue - 1;

    public bool IsExhausted => Epoch >= ExhaustedEpoch;

    /// <summary>Whether it only fences: nobody is the producer of the last epoch.</summary>
    public bool OnlyFences => Epoch == short.MaxValue;

    /// <summary>The same producer id with the next epoch; behind the last there is none.</summary>
    public ProducerIdentity Next() => OnlyFences ? this : this with { Epoch = (short)(Epoch + 1) };
}

/// <summary>One partition a transaction writes to.</summary>
internal readonly record struct TransactionPartition(string Topic, int Partition);

/// <summary>
/// Which of Kafka's transaction protocols a client used, as the feature <c>transaction.version</c> numbers them. A client
/// shows it by the versions of its requests, so producers of both may use the broker, and one id, one after the other.
/// </summary>
internal enum TransactionVersion : short
{
    /// <summary>The classic protocol: the epoch stays from one transaction to the next.</summary>
    V0 = 0,

    /// <summary>As <see cref="V0"/>; Kafka's own transaction log is written in a flexible format.</summary>
    V1 = 1,

    /// <summary>KIP-890: every transaction has an epoch of its own, and writing to a partition includes it.</summary>
    V2 = 2,
}

/// <summary>
/// The markers of a commit that are written, but not known to be on the disk. A start that finds the transaction still
/// open in one of the partitions writes its marker again.
/// </summary>
/// <param name="Producer">The identity of the markers: the epoch above that of the transaction's records.</param>
/// <param name="Partitions">Where they are.</param>
internal sealed record UnfinishedCommit(ProducerIdentity Producer, IReadOnlyList<TransactionPartition> Partitions);

/// <summary>The end of a producer's transaction in some partitions, that its coordinator did not decide.</summary>
/// <param name="Producer">The identity of the markers.</param>
/// <param name="Commit">The outcome.</param>
/// <param name="CoordinatorEpoch">That of the coordinator in whose name they are written.</param>
/// <param name="Version">With version 2 the epoch of the markers is above that of the records.</param>
internal sealed record ForeignMarker(
    ProducerIdentity Producer, bool Commit, int CoordinatorEpoch, TransactionVersion Version);

/// <summary>What is stored of a transactional id: the whole of it, at each change.</summary>
internal sealed record TransactionSnapshot
{
    /// <summary>The producer that may use the id now; nobody else.</summary>
    public ProducerIdentity Producer { get; init; } = ProducerIdentity.None;

    /// <summary>
    /// What the producer was before it got a new epoch, by naming its old one (KIP-360) or by ending a transaction of
    /// version 2: asked again, for want of an answer, it gets the same answer. <see cref="ProducerIdentity.None"/> when
    /// there is no such producer.
    /// </summary>
    public ProducerIdentity Previous { get; init; } = ProducerIdentity.None;

    /// <summary>The producer id that follows once the markers are written, when epochs ran out; else −1.</summary>
    public long NextProducerId { get; init; } = -1;

    /// <summary>The protocol of the client that changed the transaction last.</summary>
    public TransactionVersion Version { get; init; }

    public int TimeoutMs { get; init; }

    public TransactionState State { get; init; }

    /// <summary>The partitions of the open transaction; none when no transaction is open or being ended.</summary>
    public IReadOnlyList<TransactionPartition> Partitions { get; init; } = [];

    /// <summary>
    /// The transaction that is open, or else the next one of this epoch, lived through a stop that was not orderly, and what
    /// it wrote before, or that it had been aborted, or even that it was begun, may be lost: it can no longer commit.
    /// </summary>
    public bool MustAbort { get; init; }

    /// <summary>
    /// Whether a transaction that begins now, in this version, has the epoch for itself: no other that was begun or ended
    /// under it is to be found in any partition. Then records of it that are left without their transaction are known by
    /// their epoch, and its begin need not be waited for.
    /// </summary>
    public bool HasEpochForNext(TransactionVersion version) => version >= TransactionVersion.V2
        && (State is TransactionState.Empty or TransactionState.Ongoing || Version >= TransactionVersion.V2);

    /// <summary>
    /// This, as it is after a stop that may have lost the end of every log. A transaction that was open can no longer commit.
    /// Where the next one would not be waited for, it may have been begun without a trace, and is taken to be.
    /// </summary>
    public TransactionSnapshot AfterLoss() => this with
    {
        MustAbort = MustAbort || State == TransactionState.Ongoing
            || (Producer.ProducerId >= 0 && HasEpochForNext(TransactionVersion.V2)),
    };

    /// <summary>When this was written, in milliseconds since 1970-01-01 UTC.</summary>
    public long LastUpdateMs { get; init; }

    /// <summary>When the transaction began, in milliseconds since 1970-01-01 UTC; −1 without one.</summary>
    public long StartMs { get; init; } = -1;

    /// <summary>The last commit, while its markers may not be on the disk; null when they are.</summary>
    public UnfinishedCommit? Unfinished { get; init; }

    /// <summary>What the producer becomes when the markers are written.</summary>
    public ProducerIdentity Following => NextProducerId >= 0 ? new ProducerIdentity(NextProducerId, 0) : Producer;
}
