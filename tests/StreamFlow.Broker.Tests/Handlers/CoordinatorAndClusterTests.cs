using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>Whom to ask, in every version; the answers to wrong questions are those recorded from Apache Kafka 4.3.1.</summary>
public sealed class CoordinatorAndClusterTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync();
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(4, 0, 0)]
    [InlineData(5, 1, 0)]
    [InlineData(6, 0, 0)]
    [InlineData(6, 1, 0)]
    [InlineData(6, 2, 42)]
    [InlineData(6, 3, 42)]
    public async Task Coordinators_of_groups_and_transactions_are_found_and_there_are_no_others(int version, int type, int error)
    {
        WireStruct answer = await _client.CallAsync(
            "FindCoordinator", version, new WireStruct { ["key"] = "x", ["key_type"] = type, ["coordinator_keys"] = new[] { "x" } });
        WireStruct found = version < 4 ? answer : answer.Only("coordinators");
        Assert.Equal(error, found.Number("error_code"));
        Assert.Equal(error == 0 ? _broker.Port : -1, found.Number("port"));
    }

    [Theory]
    [InlineData(0, 1, 0, "")]
    [InlineData(1, 1, 0, "")]
    [InlineData(2, 1, 0, "")]
    [InlineData(2, 2, 114, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")]
    [InlineData(2, 9, 115, "Unsupported endpoint type 9")]
    public async Task The_cluster_is_described_to_who_asks_for_its_brokers(int version, int endpoints, int error, string message)
    {
        WireStruct answer = await _client.CallAsync(
            "DescribeCluster", version, new WireStruct { ["endpoint_type"] = endpoints, ["include_fenced_brokers"] = true });
        Assert.Equal((error, message), (answer.Number("error_code"), answer.Text("error_message") ?? ""));
        if (error == 0)
        {
            Assert.Equal(_broker.Port, answer.Only("brokers").Number("port"));
            Assert.NotEqual(true, version < 2 ? null : answer.Only("brokers")["is_fenced"]);
        }
    }
}
