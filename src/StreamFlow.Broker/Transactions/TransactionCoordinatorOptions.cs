namespace StreamFlow.Broker.Transactions;

/// <summary>Limits and delays of the transaction coordinator.</summary>
internal sealed record TransactionCoordinatorOptions
{
    /// <summary>Longest timeout a producer may ask for (Kafka's <c>transaction.max.timeout.ms</c>).</summary>
    /// <value>Default 15 minutes.</value>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long an unused id is kept (Kafka's <c>transactional.id.expiration.ms</c>).</summary>
    /// <value>Default 7 days.</value>
    public TimeSpan IdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The ids there may be at once.</summary>
    /// <value>Default 50,000.</value>
    public int MaxIds { get; init; } = 50_000;

    /// <summary>How often transactions whose time is over, and expired ids, are looked for.</summary>
    /// <value>Default 1 s (Kafka: 10 s).</value>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether a power cut may leave no half of a transaction, whatever the flush policy. Then what it wrote is fsynced before
    /// its commit is decided, and the decision before the markers. Of a classic transaction, whose epoch does not tell it from
    /// others, so are its begin before it writes anything, and the markers before the commit is called complete.
    /// </summary>
    /// <value>Default true; pointless for a directory that is deleted at the end.</value>
    public bool FlushBarriers { get; init; } = true;

    /// <summary>Called between durable steps.</summary>
    public FaultPoints Faults { get; init; } = FaultPoints.None;
}
