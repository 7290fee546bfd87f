namespace StreamFlow.Broker.Measuring;

/// <summary>What can be asked of a running broker when somebody collects.</summary>
internal sealed record BrokerReadings
{
    /// <summary>Connections that are open, that were ever let in, that were refused, and how many may be open.</summary>
    public required Func<ConnectionCounts> Connections { get; init; }

    /// <summary>The bytes of requests and answers.</summary>
    public required Func<ByteCounts> Bytes { get; init; }

    /// <summary>All partitions.</summary>
    public required Func<IEnumerable<PartitionState>> Partitions { get; init; }

    /// <summary>Groups by the name of their state; those of a state that none is in are 0.</summary>
    public required Func<IEnumerable<(string State, long Count)>> Groups { get; init; }

    /// <summary>Transactions that are open or being ended by the name of their state; those of a state that none is in are 0.</summary>
    public required Func<IEnumerable<(string State, long Count)>> Transactions { get; init; }

    /// <summary>The coordinators, and whether each is away because the disk failed its log.</summary>
    public required Func<IEnumerable<(string Coordinator, bool IsAway)>> CoordinatorsAway { get; init; }

    /// <summary>For how long the oldest of them has been open, in seconds; 0 when there is none.</summary>
    public required Func<double> OldestTransaction { get; init; }
}

/// <summary>The connections of a broker.</summary>
internal readonly record struct ConnectionCounts(long Open, long Accepted, long Refused, long Limit);

/// <summary>The bytes that requests and answers hold, how many they may, and how many requests wait for some.</summary>
internal readonly record struct ByteCounts(long Used, long Limit, long Waiting);

/// <summary>One partition's log; offline when it takes no writes.</summary>
internal readonly record struct PartitionState(
    string Topic, int Partition, long Bytes, long StartOffset, long EndOffset, long StableOffset, bool IsOffline);
