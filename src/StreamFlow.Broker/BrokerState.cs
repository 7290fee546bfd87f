namespace StreamFlow.Broker;

/// <summary>How well a broker is.</summary>
public enum BrokerCondition
{
    /// <summary>It does all it should.</summary>
    Healthy,

    /// <summary>It serves, but its disk fails it: some partitions refuse writes, or a coordinator is away.</summary>
    Degraded,

    /// <summary>It was stopped.</summary>
    Stopped,
}

/// <summary>How well a broker is at one moment, and what is wrong.</summary>
/// <param name="Condition">The sum of it.</param>
/// <param name="Partitions">Partitions that take no writes, those that the broker keeps for itself included, by topic and number.</param>
/// <param name="HasGroups">Whether groups are served. If not, it is tried every second to serve them again.</param>
/// <param name="HasTransactions">The same of transactions.</param>
public sealed record BrokerState(
    BrokerCondition Condition, IReadOnlyList<BrokerPartitionTrouble> Partitions, bool HasGroups, bool HasTransactions)
{
    /// <summary>Partitions that <see cref="Summary"/> names, at most.</summary>
    private const int MostNamed = 3;

    /// <summary>
    /// Whether somebody has to do something: the broker was stopped, or records that the disk had confirmed are missing or wrong. What
    /// else is wrong ends by itself once the disk takes writes again.
    /// </summary>
    public bool NeedsHelp => Condition == BrokerCondition.Stopped || Partitions.Any(static partition => !partition.IsReadable);

    /// <summary>
    /// The state in a sentence or two, for people: <c>ready</c>, <c>stopped</c>, or what is wrong and since when. The health check of a
    /// host and <c>GET /health</c> of <c>streamflow broker</c> say it.
    /// </summary>
    public string Summary => Condition switch
    {
        BrokerCondition.Healthy => "ready",
        BrokerCondition.Stopped => "stopped",
        _ => string.Join("; ", Troubles()),
    };

    private IEnumerable<string> Troubles()
    {
        foreach (BrokerPartitionTrouble trouble in Partitions.Take(MostNamed))
        {
            string what = trouble.IsReadable ? "takes no writes" : "is damaged, and is neither read nor written,";
            yield return FormattableString.Invariant($"{trouble.Topic}-{trouble.Partition} {what} since {trouble.Since:u}: {trouble.Reason.TrimEnd('.')}");
        }

        if (Partitions.Count > MostNamed)
        {
            yield return FormattableString.Invariant($"{Partitions.Count - MostNamed} more partitions as well");
        }

        if (!HasGroups)
        {
            yield return "groups are not served";
        }

        if (!HasTransactions)
        {
            yield return "transactions are not served";
        }
    }
}

/// <summary>A partition that takes no writes.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Partition">Its number.</param>
/// <param name="IsReadable">
/// Whether it is read, and takes writes again by itself once the disk does. False when records that the disk had confirmed are
/// missing or wrong: then the broker's log says what to do.
/// </param>
/// <param name="Reason">What the disk refused, in the words of the system.</param>
/// <param name="Since">Since when.</param>
public sealed record BrokerPartitionTrouble(string Topic, int Partition, bool IsReadable, string Reason, DateTimeOffset Since);
