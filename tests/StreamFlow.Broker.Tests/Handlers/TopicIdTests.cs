using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class TopicIdTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("a", 3), new BrokerTopic("b", 2), new BrokerTopic("c")] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Fetch_finds_a_topic_by_its_id(int version)
    {
        await _client.ProduceAsync("a", 1, TestBatch.Build("x", "y"));
        object id = await IdOf("a");
        WireStruct answer = await FetchAsync(version, id, 1, 0);
        WireStruct topic = answer.Only("responses");
        Assert.Equal(id, topic["topic_id"]);
        Assert.Equal([(0L, "x"), (1L, "y")], TestBatch.Read(topic.Only("partitions").Bytes("records")));
    }

    [Fact]
    public async Task Fetch_of_an_unknown_id_and_of_an_unknown_partition_say_which()
    {
        object id = await IdOf("a");
        Assert.Equal(3, (await FetchAsync(13, id, 3, 0)).Only("responses").Only("partitions").Number("error_code"));
        WireStruct unknown = (await FetchAsync(13, Guid.NewGuid(), 0, 600_000)).Only("responses").Only("partitions");
        Assert.Equal(100, unknown.Number("error_code"));
    }

    [Fact]
    public async Task Produce_finds_a_topic_by_its_id_and_answers_by_it()
    {
        object id = await IdOf("a");
        WireStruct topic = (await ProduceAsync(id)).Only("responses");
        Assert.Equal(id, topic["topic_id"]);
        Assert.Equal((0L, 0L), (topic.Only("partition_responses").Number("error_code"), topic.Only("partition_responses").Number("base_offset")));
        Assert.Equal([(0L, "x")], TestBatch.Read((await _client.FetchAsync("a", 2, 0)).Bytes("records")));

        object unknown = Guid.NewGuid();
        topic = (await ProduceAsync(unknown)).Only("responses");
        Assert.Equal(unknown, topic["topic_id"]);
        Assert.Equal(100, topic.Only("partition_responses").Number("error_code"));
    }

    [Fact]
    public async Task Topics_are_described_page_by_page_in_the_order_of_their_names()
    {
        List<string> seen = [];
        WireStruct? cursor = null;
        do
        {
            WireStruct answer = await _client.CallAsync(
                "DescribeTopicPartitions", 0, new WireStruct { ["response_partition_limit"] = 2, ["cursor"] = cursor });
            int partitions = 0;
            foreach (WireStruct topic in answer.Structs("topics"))
            {
                Assert.Equal(0, topic.Number("error_code"));
                seen.AddRange(topic.Structs("partitions").Select(x => $"{topic.Text("name")}-{x.Number("partition_index")}"));
                partitions += topic.List("partitions").Count;
            }

            Assert.InRange(partitions, 1, 2);
            cursor = (WireStruct?)answer["next_cursor"];
        }
        while (cursor is not null);
        Assert.Equal(
            ["__consumer_offsets-0", "__transaction_state-0", "a-0", "a-1", "a-2", "b-0", "b-1", "c-0"], seen);
    }

    [Fact]
    public async Task Unknown_and_impossible_topics_are_reported_when_they_are_named()
    {
        WireStruct answer = await _client.CallAsync("DescribeTopicPartitions", 0, new WireStruct
        {
            ["topics"] = new object[]
            {
                new WireStruct { ["name"] = "c" }, new WireStruct { ["name"] = "nope" }, new WireStruct { ["name"] = "no/pe" },
            },
            ["response_partition_limit"] = 100,
        });
        Assert.Equal(
            [("c", 0L), ("no/pe", 17L), ("nope", 3L)],
            answer.Structs("topics").Select(static x => (x.Text("name")!, x.Number("error_code"))));
        Assert.Null(answer["next_cursor"]);
    }

    private Task<WireStruct> ProduceAsync(object id)
    {
        WireStruct request = Requests.Produce("", 2, TestBatch.Build("x"));
        ((WireStruct)request["topic_data"]!)["topic_id"] = id;
        return _client.CallAsync("Produce", 13, request);
    }

    private async Task<object> IdOf(string topic) =>
        (await _client.CallAsync("Metadata", 13, Requests.Metadata(topic))).Only("topics")["topic_id"]!;

    private Task<WireStruct> FetchAsync(int version, object id, int partition, int maxWaitMs)
    {
        WireStruct request = Requests.Fetch("", partition, 0, maxWaitMs);
        ((WireStruct)request["topics"]!)["topic_id"] = id;
        return _client.CallAsync("Fetch", version, request);
    }
}
