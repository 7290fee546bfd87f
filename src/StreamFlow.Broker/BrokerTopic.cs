namespace StreamFlow.Broker;

/// <summary>A topic that the broker creates when it starts.</summary>
/// <param name="Name">1 to 249 characters out of letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Partitions">The number of partitions, at least 1.</param>
public sealed record BrokerTopic(string Name, int Partitions = 1)
{
    /// <summary>The configuration of the topic under Kafka's names, such as <c>cleanup.policy</c>.</summary>
    /// <value>Default empty: Kafka's defaults.</value>
    public IReadOnlyDictionary<string, string> Configs { get; init; } = new Dictionary<string, string>();
}
