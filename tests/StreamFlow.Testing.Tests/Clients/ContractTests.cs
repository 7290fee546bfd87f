using StreamFlow.ClientContract;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

/// <summary>The in-memory cluster keeps the contract that the Kafka clients keep.</summary>
public sealed class ContractTests : ClientContractTests
{
    private protected override IKafkaClients Clients { get; } = new InMemoryKafka();
}

/// <summary>So do its transactions.</summary>
public sealed class InMemoryTransactionContractTests : TransactionContractTests
{
    private protected override IKafkaClients Clients { get; } = new InMemoryKafka();
}
