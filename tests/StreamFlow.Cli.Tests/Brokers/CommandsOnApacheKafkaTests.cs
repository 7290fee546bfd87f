namespace StreamFlow.Cli.Tests.Brokers;

/// <summary>The same commands against Apache Kafka, where it is there.</summary>
public sealed class CommandsOnApacheKafkaTests(KafkaFixture broker) : CommandSuite(broker), IClassFixture<KafkaFixture>;
