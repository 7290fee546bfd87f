namespace StreamFlow;

/// <summary>
/// What is done about a topic of a join or a table whose keys do not lie where Kafka's default partitioner, murmur2, puts them. Such
/// keys never meet those of topics that StreamFlow or Java have written: the join finds no row, and nothing fails.
/// </summary>
public enum PartitionerCheck
{
    /// <summary>Say so once per topic: in the log, in <see cref="StreamsStatus.Warnings"/> and so in the health check.</summary>
    Warn,

    /// <summary>Stop the stream thread with a <see cref="TopologyException"/>, before the record at hand is processed.</summary>
    Fail,

    /// <summary>Do not look: all topics that are joined are placed alike, by a partitioner of their own.</summary>
    Off,
}
