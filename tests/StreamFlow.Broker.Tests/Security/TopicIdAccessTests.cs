using StreamFlow.Broker.Security;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Security;

/// <summary>Rules are about names: what asks for a topic by its id, or for all topics page by page, keeps to them too.</summary>
public sealed class TopicIdAccessTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _admin = null!;
    private RawClient _alice = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners = [SecuredBroker.Sasl("PLAIN")],
            Users = [SecuredBroker.Alice, SecuredBroker.Admin],
            Authorization = new BrokerAuthorization { SuperUsers = ["User:admin"] },
            Topics = [new BrokerTopic("open"), new BrokerTopic("secret")],
        });
        _admin = await LoginAsync(SecuredBroker.Admin);
        _alice = await LoginAsync(SecuredBroker.Alice);
        await AllowReadAsync("open");
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        _alice.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(13)]
    [InlineData(18)]
    public async Task Fetch_by_id_gives_only_what_the_name_allows_and_an_unknown_id_is_unknown(int version)
    {
        await _admin.ProduceAsync("open", 0, TestBatch.Build("mine"));
        await _admin.ProduceAsync("secret", 0, TestBatch.Build("hidden"));
        Guid open = await IdOfAsync("open"), secret = await IdOfAsync("secret"), unknown = Guid.NewGuid();

        WireStruct request = Requests.Fetch("", 0, 0, maxWaitMs: 600_000);
        request["topics"] = new[] { Wanted(open), Wanted(secret), Wanted(unknown) };
        Dictionary<object, WireStruct> found = (await _alice.CallAsync("Fetch", version, request)).Structs("responses")
            .ToDictionary(static x => x["topic_id"]!, static x => x.Only("partitions"));

        Assert.Equal([(0L, "mine")], TestBatch.Read(found[open].Bytes("records")));
        Assert.Equal(29, found[secret].Number("error_code"));
        Assert.Empty(found[secret].Bytes("records"));
        Assert.Equal(-1, found[secret].Number("high_watermark"));
        Assert.Equal(100, found[unknown].Number("error_code"));

        await AllowReadAsync("secret");
        request["topics"] = new[] { Wanted(secret) };
        WireStruct allowed = (await _alice.CallAsync("Fetch", version, request)).Only("responses").Only("partitions");
        Assert.Equal([(0L, "hidden")], TestBatch.Read(allowed.Bytes("records")));
    }

    [Fact]
    public async Task Produce_by_id_writes_only_what_the_name_allows()
    {
        WireStruct request = Requests.Produce("", 0, TestBatch.Build("x"));
        ((WireStruct)request["topic_data"]!)["topic_id"] = await IdOfAsync("secret");
        WireStruct refused = await _alice.CallAsync("Produce", 13, request);
        Assert.Equal(29, refused.Only("responses").Only("partition_responses").Number("error_code"));
        WireStruct allowed = await _admin.CallAsync("Produce", 13, request);
        Assert.Equal(0, allowed.Only("responses").Only("partition_responses").Number("error_code"));
    }

    [Fact]
    public async Task Metadata_by_id_is_refused_without_a_name()
    {
        WireStruct answer = await _alice.CallAsync("Metadata", 13, new WireStruct
        {
            ["topics"] = new WireStruct { ["topic_id"] = await IdOfAsync("secret"), ["name"] = null },
        });
        WireStruct topic = answer.Only("topics");
        Assert.Equal(29, topic.Number("error_code"));
        Assert.Null(topic["name"]);
        Assert.Empty(topic.List("partitions"));
    }

    [Fact]
    public async Task Pages_of_topics_have_only_those_that_may_be_described()
    {
        WireStruct all = await DescribeAsync(_alice, 1);
        Assert.Equal(["open"], all.Structs("topics").Select(static x => x.Text("name")));
        Assert.Null(all["next_cursor"]);

        // Whether it exists or not makes no difference.
        WireStruct named = await DescribeAsync(_alice, 100, "secret", "missing", "open");
        Assert.Equal(
            [("open", 0L, 1), ("missing", 29L, 0), ("secret", 29L, 0)],
            named.Structs("topics").Select(static x => (x.Text("name")!, x.Number("error_code"), x.List("partitions").Count)));
        Assert.All(named.Structs("topics").Skip(1), static x => Assert.Equal(Guid.Empty, x["topic_id"]));
    }

    [Fact]
    public async Task Pattern_of_a_subscription_finds_only_topics_that_may_be_described()
    {
        await _admin.AllowAsync(AclResourceType.Group, "g", AclOperation.Read);

        WireStruct joined = await _alice.CallAsync("ConsumerGroupHeartbeat", 1, new WireStruct
        {
            ["group_id"] = "g", ["member_id"] = "m", ["member_epoch"] = 0, ["rebalance_timeout_ms"] = 60_000,
            ["subscribed_topic_names"] = null, ["subscribed_topic_regex"] = ".*", ["topic_partitions"] = Array.Empty<WireStruct>(),
        });

        Assert.Equal(0, joined.Number("error_code"));
        WireStruct assignment = (WireStruct)joined["assignment"]!;
        Assert.Equal([await IdOfAsync("open")], assignment.Structs("topic_partitions").Select(static x => (Guid)x["topic_id"]!));
    }

    private static Task<WireStruct> DescribeAsync(RawClient client, int limit, params string[] topics) =>
        client.CallAsync("DescribeTopicPartitions", 0, new WireStruct
        {
            ["topics"] = topics.Select(static x => new WireStruct { ["name"] = x }).ToArray(),
            ["response_partition_limit"] = limit,
        });

    private static WireStruct Wanted(Guid id)
    {
        WireStruct topic = (WireStruct)Requests.Fetch("", 0, 0)["topics"]!;
        topic["topic_id"] = id;
        return topic;
    }

    private async Task<Guid> IdOfAsync(string topic) =>
        (Guid)(await _admin.CallAsync("Metadata", 13, Requests.Metadata(topic))).Only("topics")["topic_id"]!;

    private Task AllowReadAsync(string topic) => _admin.AllowAsync(AclResourceType.Topic, topic, AclOperation.Read);

    private async Task<RawClient> LoginAsync(BrokerUser user)
    {
        RawClient client = await RawClient.ConnectAsync(_broker.Port);
        await client.LoginAsync(user.Name, user.Password());
        return client;
    }
}
