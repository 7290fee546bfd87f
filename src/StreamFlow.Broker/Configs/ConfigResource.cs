namespace StreamFlow.Broker.Configs;

/// <summary>What has settings; the numbers are the wire's.</summary>
internal enum ConfigResourceKind : sbyte
{
    Topic = 2,
    Broker = 4,
    BrokerLogger = 8,
    ClientMetrics = 16,
    Group = 32,
}

/// <summary>One thing with settings of its own. The broker of the empty name stands for all of the cluster.</summary>
internal readonly record struct ConfigResource(ConfigResourceKind Kind, string Name)
{
    /// <summary>The defaults of all brokers.</summary>
    public static ConfigResource AllBrokers { get; } = new(ConfigResourceKind.Broker, string.Empty);
}
