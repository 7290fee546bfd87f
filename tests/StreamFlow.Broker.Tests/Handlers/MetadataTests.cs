using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class MetadataTests
{
    [Theory]
    [InlineData(true, true, 12, 0)]
    [InlineData(true, false, 12, 3)]
    [InlineData(false, true, 12, 3)]
    [InlineData(true, false, 3, 0)] // version 3 cannot say that it does not want the topic
    public async Task Unknown_topic_is_created_only_if_broker_and_client_agree(
        bool brokerAllows, bool clientAllows, int version, int error)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { AutoCreateTopics = brokerAllows, DefaultPartitions = 3 });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct request = Requests.Metadata("new");
        request["allow_auto_topic_creation"] = clientAllows;
        WireStruct topic = (await client.CallAsync("Metadata", version, request)).Only("topics");
        Assert.Equal(error, topic.Number("error_code"));
        Assert.Equal(error == 0 ? 3 : 0, topic.List("partitions").Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    [InlineData("__consumer_offsets/..")]
    public async Task Illegal_name_is_refused(string name)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct answer = await client.CallAsync("Metadata", 8, Requests.Metadata(name));
        Assert.Equal(17, answer.Only("topics").Number("error_code"));
    }

    [Fact]
    public async Task All_topics_none_and_by_id_are_told_apart()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("b"), new BrokerTopic("a")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct all = await client.CallAsync("Metadata", 12, []);
        Assert.Equal(["__consumer_offsets", "__transaction_state", "a", "b"], all.Structs("topics").Select(x => x.Text("name")));
        Assert.Equal([true, true, false, false], all.Structs("topics").Select(x => (bool)x["is_internal"]!));
        Assert.Equal(broker.Port, all.Only("brokers").Number("port"));

        WireStruct none = await client.CallAsync("Metadata", 12, Requests.Metadata());
        Assert.Empty(none.List("topics"));
        Assert.Single(none.List("brokers"));
        Assert.Equal(4, (await client.CallAsync("Metadata", 0, Requests.Metadata())).List("topics").Count);

        object id = all.Structs("topics").Last()["topic_id"]!;
        WireStruct byId = await client.CallAsync("Metadata", 12, new WireStruct
        {
            ["topics"] = new[] { new WireStruct { ["topic_id"] = id }, new WireStruct { ["topic_id"] = Guid.NewGuid() } },
        });
        Assert.Equal([0L, 100L], byId.Structs("topics").Select(x => x.Number("error_code")));
        Assert.Equal(["b", null], byId.Structs("topics").Select(x => x.Text("name")));
    }

    [Fact]
    public async Task Identity_of_cluster_and_topics_survives_a_restart()
    {
        using TemporaryDirectory directory = new();
        List<(string?, object?)> seen = [];
        for (int round = 0; round < 2; round++)
        {
            await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
                new EmbeddedBrokerOptions { DataDirectory = directory.Path, Topics = [new BrokerTopic("t")] });
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            WireStruct answer = await client.CallAsync("Metadata", 12, Requests.Metadata("t"));
            seen.Add((answer.Text("cluster_id"), answer.Only("topics")["topic_id"]));
        }

        Assert.Equal(seen[0], seen[1]);
        Assert.NotEqual(Guid.Empty, seen[0].Item2);
    }

    [Fact]
    public async Task Advertised_address_is_what_the_options_say()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Host = "0.0.0.0", AdvertisedHost = "broker.example", AdvertisedPort = 29092, AllowUnsecuredNetwork = true });
        Assert.Equal("broker.example:29092", broker.BootstrapServers);
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct node = (await client.CallAsync("Metadata", 1, [])).Only("brokers");
        Assert.Equal(("broker.example", 29092L), (node.Text("host"), node.Number("port")));
        WireStruct coordinator = await client.CallAsync("FindCoordinator", 1, MinimalRequests.For("FindCoordinator"));
        Assert.Equal(("broker.example", 29092L), (coordinator.Text("host"), coordinator.Number("port")));
    }
}
