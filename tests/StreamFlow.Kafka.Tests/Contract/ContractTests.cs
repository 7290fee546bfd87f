using StreamFlow.Broker;
using StreamFlow.ClientContract;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Contract;

/// <summary>The clients over librdkafka keep the contract that the in-memory cluster keeps.</summary>
public sealed class ContractTests : ClientContractTests, IClassFixture<ContractTests.Cluster>
{
    public ContractTests(Cluster cluster) => Clients = TestClients.For(cluster.BootstrapServers);

    private protected override IKafkaClients Clients { get; }

    /// <summary>One broker for all tests of the class; they use different topics, groups and ids.</summary>
    public sealed class Cluster : IAsyncLifetime
    {
        private EmbeddedBroker? _broker;

        public string BootstrapServers => _broker!.BootstrapServers;

        public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync();

        public async Task DisposeAsync()
        {
            if (_broker is not null)
            {
                await _broker.DisposeAsync();
            }
        }
    }
}
