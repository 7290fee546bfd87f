using StreamFlow.Kafka.Settings;

namespace StreamFlow.Kafka;

/// <summary>
/// How to reach Kafka. Settings beyond the address go through to librdkafka under its own names (its CONFIGURATION.md),
/// as a dictionary or as a <c>ClientConfig</c>, <c>ConsumerConfig</c> or <c>ProducerConfig</c> of Confluent.Kafka.
/// </summary>
public sealed record KafkaClientOptions
{
    /// <summary>Brokers to ask first, as <c>host:port</c>, separated by commas.</summary>
    /// <value>Required.</value>
    public required string BootstrapServers { get; init; }

    /// <summary>Settings of every client, security above all: <c>security.protocol</c>, <c>sasl.*</c>, <c>ssl.*</c>.</summary>
    /// <value>None.</value>
    public IEnumerable<KeyValuePair<string, string>> Client { get; init; } = [];

    /// <summary>Settings of consumers, over <see cref="Client"/>, such as <c>max.poll.interval.ms</c>.</summary>
    /// <value>None.</value>
    public IEnumerable<KeyValuePair<string, string>> Consumer { get; init; } = [];

    /// <summary>Settings of producers, over <see cref="Client"/>, such as <c>compression.type</c>.</summary>
    /// <value>None.</value>
    public IEnumerable<KeyValuePair<string, string>> Producer { get; init; } = [];

    /// <summary>Checks the settings, those of librdkafka by librdkafka itself.</summary>
    /// <returns>One message for each wrong setting, naming it; empty when all is well.</returns>
    /// <exception cref="DllNotFoundException">librdkafka is missing.</exception>
    public IReadOnlyList<string> Validate() => SettingComplaints.Of(this);
}
