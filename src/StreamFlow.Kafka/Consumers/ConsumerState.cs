namespace StreamFlow.Kafka.Consumers;

/// <summary>The life of a consumer; it only goes forward.</summary>
internal enum ConsumerState
{
    /// <summary>It reads.</summary>
    Open,

    /// <summary>It leaves its group: the listener gives up its partitions and may commit, nothing else.</summary>
    Closing,

    /// <summary>It is gone.</summary>
    Closed,
}
