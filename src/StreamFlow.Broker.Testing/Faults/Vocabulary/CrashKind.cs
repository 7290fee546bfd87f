namespace StreamFlow.Broker.Testing;

/// <summary>How a broker dies, which decides what is left of its data.</summary>
public enum CrashKind
{
    /// <summary>The process is killed: all that was written is there.</summary>
    ProcessKilled,

    /// <summary>
    /// The power is cut, and the disk loses all that no fsync has covered: with <see cref="BrokerFlushPolicy.OperatingSystem"/> records that
    /// were acknowledged, too.
    /// </summary>
    PowerCut,
}
