namespace StreamFlow.Broker;

/// <summary>When the broker acknowledges what was produced. A topic may decide otherwise with <c>flush.messages</c>.</summary>
public enum BrokerFlushPolicy
{
    /// <summary>
    /// Once the operating system has the data: it survives the end of the process, even by force, but not a power cut.
    /// </summary>
    OperatingSystem,

    /// <summary>As <see cref="OperatingSystem"/>, with an fsync every interval: a power cut loses at most that much.</summary>
    Interval,

    /// <summary>Once an fsync covers the data: it survives a power cut. Concurrent requests share an fsync.</summary>
    EveryAppend,
}
