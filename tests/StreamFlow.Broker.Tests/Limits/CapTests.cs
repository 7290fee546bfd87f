using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>How much clients may leave behind, and what they are told beyond it.</summary>
public sealed class CapTests
{
    private const int PolicyViolation = 44;
    private const int GroupMaxSizeReached = 81;
    private const int InvalidRequest = 42;

    [Fact]
    public async Task An_address_has_no_more_connections_than_it_may_also_when_that_changes()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await StartAsync(new() { MaxConnectionsPerAddress = 2, LoggerFactory = log.Factory });
        using RawClient first = await RawClient.ConnectAsync(broker.Port);
        using RawClient second = await RawClient.ConnectAsync(broker.Port);
        await first.CallAsync("ApiVersions", 0, []);
        await second.CallAsync("ApiVersions", 0, []);
        using (RawClient third = await RawClient.ConnectAsync(broker.Port))
        {
            Assert.Null(await third.ReceiveFrameAsync());
        }

        Assert.Contains(log, static x => x.Contains("MaxConnectionsPerAddress", StringComparison.Ordinal));
        await AlterBrokerAsync(first, "max.connections.per.ip", "3");
        using RawClient fourth = await RawClient.ConnectAsync(broker.Port);
        await fourth.CallAsync("ApiVersions", 0, []);
        second.Dispose();
        await Eventually.TrueAsync(() => broker.ConnectionCount == 2, "the connection that ended is counted no more");
        using RawClient fifth = await RawClient.ConnectAsync(broker.Port);
        await fifth.CallAsync("ApiVersions", 0, []);
    }

    [Fact]
    public async Task Topics_have_no_more_partitions_together_than_they_may_and_a_deleted_one_makes_room()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await StartAsync(new() { MaxPartitions = 5, LoggerFactory = log.Factory, Topics = [new("t", 3)] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(PolicyViolation, await CreateAsync(client, "u", 3));
        WireStruct grown = await client.CallAsync(
            "CreatePartitions", 1, new WireStruct { ["topics"] = new WireStruct { ["name"] = "t", ["count"] = 6 } });
        Assert.Equal(PolicyViolation, grown.Only("results").Number("error_code"));
        Assert.Equal(0, await CreateAsync(client, "u", 2));
        WireStruct auto = await client.CallAsync("Metadata", 8, Requests.Metadata("v"));
        Assert.Equal(PolicyViolation, auto.Only("topics").Number("error_code"));
        await client.CallAsync("DeleteTopics", 1, new WireStruct { ["topic_names"] = new[] { "t" } });
        Assert.Equal(0, await CreateAsync(client, "w", 3));
        Assert.Single(log, static x => x.Contains("MaxPartitions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_creates_no_more_than_ten_thousand_partitions()
    {
        await using EmbeddedBroker broker = await StartAsync(new());
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct answer = await client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new[] { Topic("a", 9999), Topic("b", 2) }, ["validate_only"] = true,
        });
        Assert.All(answer.Structs("topics"), static x => Assert.Equal(PolicyViolation, x.Number("error_code")));
        answer = await client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new[] { Topic("a", 9998), Topic("b", 2) }, ["validate_only"] = true,
        });
        Assert.All(answer.Structs("topics"), static x => Assert.Equal(0, x.Number("error_code")));
    }

    [Fact]
    public async Task Metadata_creates_a_hundred_topics_and_the_next_ones_when_it_is_asked_again()
    {
        await using EmbeddedBroker broker = await StartAsync(new());
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct request = Requests.Metadata([.. Enumerable.Range(0, 130).Select(static i => $"new-{i}")]);
        WireStruct first = await client.CallAsync("Metadata", 8, request);
        Assert.Equal(100, first.Structs("topics").Count(static x => x.Number("error_code") == 0));
        WireStruct second = await client.CallAsync("Metadata", 8, request);
        Assert.Equal(130, second.Structs("topics").Count(static x => x.Number("error_code") == 0));
    }

    [Fact]
    public async Task No_more_groups_are_founded_than_there_may_be()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await StartAsync(new() { MaxGroups = 2, LoggerFactory = log.Factory, Topics = [new("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.StableMemberAsync("a");
        Assert.Equal(0, await CommitAsync(client, "b", "note"));
        Assert.Equal(GroupMaxSizeReached, await CommitAsync(client, "c", "note"));
        Assert.Equal(0, await CommitAsync(client, "b", "another note"));
        WireStruct joined = await client.CallAsync("JoinGroup", 3, GroupRequests.Join(group: "d"));
        Assert.Equal(GroupMaxSizeReached, joined.Number("error_code"));
        WireStruct beat = await client.CallAsync("ConsumerGroupHeartbeat", 0, Heartbeat("e", "t"));
        Assert.Equal(GroupMaxSizeReached, beat.Number("error_code"));
        Assert.Single(log, static x => x.Contains("MaxGroups", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_group_has_no_more_members_than_it_may()
    {
        await using EmbeddedBroker broker = await StartAsync(new() { GroupMaxSize = 1, Topics = [new("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.StableMemberAsync();
        WireStruct joined = await client.CallAsync("JoinGroup", 3, GroupRequests.Join());
        Assert.Equal(GroupMaxSizeReached, joined.Number("error_code"));
        Assert.Equal(0, (await client.CallAsync("ConsumerGroupHeartbeat", 0, Heartbeat("k", "t"))).Number("error_code"));
        Assert.Equal(
            GroupMaxSizeReached, (await client.CallAsync("ConsumerGroupHeartbeat", 0, Heartbeat("k", "t"))).Number("error_code"));
    }

    [Theory]
    [InlineData(1 << 20, InvalidRequest)]
    [InlineData(900_000, 0)]
    public async Task A_member_says_no_more_of_itself_than_a_mebibyte(int metadata, int error)
    {
        await using EmbeddedBroker broker = await StartAsync(new());
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct join = GroupRequests.Join();
        join["protocols"] = new WireStruct { ["name"] = "range", ["metadata"] = new byte[metadata] };
        Assert.Equal(error, (await client.CallAsync("JoinGroup", 3, join)).Number("error_code"));
    }

    [Fact]
    public async Task Notes_of_offsets_are_no_longer_than_they_may_be()
    {
        await using EmbeddedBroker broker = await StartAsync(new() { OffsetMetadataMaxBytes = 4, Topics = [new("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, await CommitAsync(client, "g", "four"));
        Assert.Equal(12, await CommitAsync(client, "g", "fives"));
    }

    [Fact]
    public async Task No_more_transactional_ids_are_known_than_there_may_be()
    {
        LogLines log = new();
        await using EmbeddedBroker broker = await StartAsync(new() { MaxTransactionalIds = 1, LoggerFactory = log.Factory });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Assert.Equal(0, await InitAsync(client, "a"));
        Assert.Equal(PolicyViolation, await InitAsync(client, "b"));
        Assert.Equal(0, await InitAsync(client, "a"));
        Assert.Single(log, static x => x.Contains("MaxTransactionalIds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_is_given_twice_is_answered_once()
    {
        await using EmbeddedBroker broker = await StartAsync(new() { Topics = [new("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        string[] twice = ["g", "g"];
        Assert.Single((await client.CallAsync("Metadata", 8, Requests.Metadata("t", "t"))).List("topics"));
        Assert.Single((await client.CallAsync("DescribeGroups", 1, new WireStruct { ["groups"] = twice })).List("groups"));
        Assert.Single((await client.CallAsync("ConsumerGroupDescribe", 0, new WireStruct { ["group_ids"] = twice })).List("groups"));
        Assert.Single((await client.CallAsync("DescribeTransactions", 0, new WireStruct { ["transactional_ids"] = twice }))
            .List("transaction_states"));
        Assert.Single((await client.CallAsync("FindCoordinator", 4, new WireStruct { ["coordinator_keys"] = twice })).List("coordinators"));
        Assert.Single((await client.CallAsync("OffsetFetch", 8, new WireStruct
        {
            ["groups"] = twice.Select(static x => new WireStruct { ["group_id"] = x, ["topics"] = null }).ToArray(),
        })).List("groups"));
    }

    [Fact]
    public async Task A_request_with_more_entries_than_it_may_have_ends_the_connection()
    {
        await using EmbeddedBroker broker = await StartAsync(new());
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.SendAsync("DescribeGroups", 1, new WireStruct { ["groups"] = Enumerable.Repeat("g", 250_001).ToArray() });
        Assert.Null(await client.ReceiveFrameAsync());
        using RawClient other = await RawClient.ConnectAsync(broker.Port);
        Assert.Single((await other.CallAsync(
            "DescribeGroups", 1, new WireStruct { ["groups"] = Enumerable.Repeat("g", 250_000).ToArray() })).List("groups"));
    }

    [Fact]
    public void Partitions_remember_no_more_producers_than_they_may_and_forget_the_longest_idle()
    {
        using TemporaryDirectory place = new();
        using TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = place.Path, MaxProducerIds = 100, MaintenanceInterval = TimeSpan.Zero,
        });
        store.CreateTopic("t", 1);
        PartitionLog log = store.GetPartition("t", 0)!;
        for (int id = 0; id < 1000; id++)
        {
            byte[] batch = TestBatch.Build(new TestBatchOptions { ProducerId = id, ProducerEpoch = 0, BaseSequence = 0 }, "x");
            Assert.True(log.Append(batch, AppendOrigin.Client).IsSuccess);
        }

        IReadOnlyList<ProducerDescription> kept = log.DescribeProducers();
        Assert.InRange(kept.Count, 50, 100);
        Assert.Contains(kept, static x => x.ProducerId == 999);
        Assert.DoesNotContain(kept, static x => x.ProducerId < 800);
    }

    private static Task<EmbeddedBroker> StartAsync(EmbeddedBrokerOptions options) => EmbeddedBroker.StartAsync(options);

    private static WireStruct Topic(string name, int partitions) =>
        new() { ["name"] = name, ["num_partitions"] = partitions, ["replication_factor"] = 1 };

    private static async Task<long> CreateAsync(RawClient client, string name, int partitions) =>
        (await client.CallAsync("CreateTopics", 5, new WireStruct { ["topics"] = Topic(name, partitions) }))
        .Only("topics").Number("error_code");

    private static async Task<long> CommitAsync(RawClient client, string group, string note) =>
        (await client.CallAsync("OffsetCommit", 5, new WireStruct
        {
            ["group_id"] = group,
            ["generation_id"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = "t", ["partitions"] = new WireStruct { ["committed_offset"] = 1, ["committed_metadata"] = note },
            },
        })).Only("topics").Only("partitions").Number("error_code");

    private static async Task<long> InitAsync(RawClient client, string id) =>
        (await client.CallAsync("InitProducerId", 1, new WireStruct { ["transactional_id"] = id, ["transaction_timeout_ms"] = 10_000 }))
        .Number("error_code");

    private static WireStruct Heartbeat(string group, string topic) => new()
    {
        ["group_id"] = group,
        ["member_id"] = "",
        ["rebalance_timeout_ms"] = 10_000,
        ["subscribed_topic_names"] = new[] { topic },
        ["topic_partitions"] = Array.Empty<WireStruct>(),
    };

    private static async Task AlterBrokerAsync(RawClient client, string name, string value)
    {
        WireStruct answer = await client.CallAsync("IncrementalAlterConfigs", 0, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = 4,
                ["resource_name"] = "1",
                ["configs"] = new WireStruct { ["name"] = name, ["config_operation"] = 0, ["value"] = value },
            },
        });
        Assert.Equal(0, answer.Only("responses").Number("error_code"));
    }
}
