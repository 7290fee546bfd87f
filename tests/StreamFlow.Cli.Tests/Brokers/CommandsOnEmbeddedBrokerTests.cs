namespace StreamFlow.Cli.Tests.Brokers;

/// <summary>Every command against the broker of this repository.</summary>
public sealed class CommandsOnEmbeddedBrokerTests(EmbeddedFixture broker) : CommandSuite(broker), IClassFixture<EmbeddedFixture>;
