namespace StreamFlow.Broker.Testing;

/// <summary>
/// Places between two durable steps of a transaction inside of the broker, in the order that it passes them: where a crash leaves the most to
/// put right.
/// </summary>
public enum TransactionStep
{
    /// <summary>The producer's id and epoch are stored, and it has not been told.</summary>
    ProducerInitialised,

    /// <summary>The partitions that were added are stored.</summary>
    PartitionsAdded,

    /// <summary>Offsets are about to be stored in the transaction.</summary>
    BeforeOffsets,

    /// <summary>They are stored.</summary>
    AfterOffsets,

    /// <summary>It is about to be decided that the transaction commits or aborts.</summary>
    BeforePrepare,

    /// <summary>That is decided and stored: from here on it happens, whatever else does.</summary>
    AfterPrepare,

    /// <summary>The marker of a partition is about to be written.</summary>
    BeforeMarker,

    /// <summary>It is written.</summary>
    AfterMarker,

    /// <summary>Offsets are about to become those of their group.</summary>
    BeforeMaterialise,

    /// <summary>They are.</summary>
    AfterMaterialise,

    /// <summary>All is done, and about to be stored.</summary>
    BeforeComplete,

    /// <summary>That is stored, and the producer has not been told.</summary>
    AfterComplete,
}
