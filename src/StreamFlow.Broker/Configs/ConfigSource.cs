namespace StreamFlow.Broker.Configs;

/// <summary>Where the value of a setting comes from; the numbers are those of DescribeConfigs.</summary>
internal enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
    DynamicBrokerLogger = 6,
    ClientMetrics = 7,
    Group = 8,
}
