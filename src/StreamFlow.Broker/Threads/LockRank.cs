namespace StreamFlow.Broker;

/// <summary>
/// The order in which the locks of the broker may be taken, from the outermost to the innermost: who holds one may only wait for
/// one further down. Two of the same rank are never held together. docs/adr/0066 has the reasons.
/// </summary>
internal enum LockRank
{
    /// <summary>The coordinators as a whole, while they are opened and stopped.</summary>
    Coordinators,

    /// <summary>One change of the broker's settings at a time.</summary>
    Settings,

    /// <summary>The file of dynamic settings.</summary>
    SettingsFile,

    /// <summary>One change of topics at a time. Held over what that does on the disk; nothing that serves records waits for it.</summary>
    TopicChanges,

    /// <summary>A transactional id.</summary>
    Transaction,

    /// <summary>The buffers in which records of transactions are written.</summary>
    TransactionJournal,

    /// <summary>A consumer group.</summary>
    Group,

    /// <summary>Which groups a transaction has offsets of.</summary>
    GroupTransactions,

    /// <summary>The deadlines of groups.</summary>
    GroupTimers,

    /// <summary>Producer ids that were reserved and not yet handed out.</summary>
    ProducerIds,

    /// <summary>The file that says which topics there are.</summary>
    Metadata,

    /// <summary>Background care of one log.</summary>
    LogCare,

    /// <summary>What is on its way to the disk of one log.</summary>
    LogFlush,

    /// <summary>The checkpoint of one log.</summary>
    LogCheckpoint,

    /// <summary>The end of one log: appends take turns.</summary>
    Log,

    /// <summary>Indexes that are held in memory.</summary>
    Indexes,

    /// <summary>The logs that refuse writes.</summary>
    Repairs,

    /// <summary>The connections there are.</summary>
    Connections,

    /// <summary>The certificate of a listener, while it is looked whether there is a newer one.</summary>
    Certificates,

    /// <summary>Lists that are touched and nothing else: nothing is waited for under it.</summary>
    Innermost,
}
