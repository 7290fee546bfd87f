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
    BrokerCondition Condition, IReadOnlyList<BrokerPartitionTrouble> Partitions, bool HasGroups, bool HasTransactions);

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
