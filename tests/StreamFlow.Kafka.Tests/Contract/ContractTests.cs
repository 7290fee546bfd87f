using StreamFlow.ClientContract;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Contract;

/// <summary>The clients over librdkafka keep, on StreamFlow's own broker, the contract of the in-memory
/// cluster.</summary>
public sealed class EmbeddedContractTests(EmbeddedCluster cluster)
    : ClientContractTests, IClassFixture<EmbeddedCluster>
{
    private protected override IKafkaClients Clients { get; } = TestClients.For(cluster.BootstrapServers);
}

/// <summary>And their transactions.</summary>
public sealed class EmbeddedTransactionContractTests(EmbeddedCluster cluster)
    : TransactionContractTests, IClassFixture<EmbeddedCluster>
{
    private protected override IKafkaClients Clients { get; } = TestClients.For(cluster.BootstrapServers);
}

/// <summary>So do they on Apache Kafka.</summary>
public sealed class ApacheContractTests(ApacheCluster cluster) : ClientContractTests, IClassFixture<ApacheCluster>
{
    private protected override IKafkaClients Clients { get; } = TestClients.For(cluster.BootstrapServers);

    private protected override string? Unavailable => cluster.Unavailable;
}

/// <summary>And their transactions on Apache Kafka.</summary>
public sealed class ApacheTransactionContractTests(ApacheCluster cluster)
    : TransactionContractTests, IClassFixture<ApacheCluster>
{
    private protected override IKafkaClients Clients { get; } = TestClients.For(cluster.BootstrapServers);

    private protected override string? Unavailable => cluster.Unavailable;
}
