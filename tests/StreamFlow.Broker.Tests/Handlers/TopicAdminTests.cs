using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class TopicAdminTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 2)], DefaultPartitions = 5, AutoCreateTopics = false });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData("ok", 3, 1, 0)]
    [InlineData("defaults", -1, -1, 0)]
    [InlineData("t", 1, 1, 36)]
    [InlineData("no/slash", 1, 1, 17)]
    [InlineData("__transaction_state", 1, 1, 17)]
    [InlineData("none", 0, 1, 37)]
    [InlineData("negative", -2, 1, 37)]
    [InlineData("replicas", 1, 3, 38)]
    public async Task Create_checks_name_partitions_and_replicas(string name, int partitions, int replicas, int error)
    {
        WireStruct topic = (await CreateAsync(Topic(name, partitions, replicas))).Only("topics");
        Assert.Equal(error, topic.Number("error_code"));
        if (error == 0)
        {
            Assert.Equal(partitions == -1 ? 5 : partitions, topic.Number("num_partitions"));
            Assert.NotEqual(Guid.Empty, topic["topic_id"]);
            Assert.Contains(topic.Structs("configs"), x => x.Text("name") == "retention.ms");
        }
        else
        {
            Assert.Equal(-1, topic.Number("num_partitions"));
        }
    }

    [Fact]
    public async Task Create_refuses_unknown_and_unparsable_configs()
    {
        foreach ((string name, string value) in new[] { ("no.such.config", "1"), ("retention.ms", "soon") })
        {
            WireStruct wanted = Topic("c", 1, 1);
            wanted["configs"] = new WireStruct { ["name"] = name, ["value"] = value };
            WireStruct topic = (await CreateAsync(wanted)).Only("topics");
            Assert.Equal(40, topic.Number("error_code"));
            Assert.Contains(name, topic.Text("error_message"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Create_names_listed_twice_are_refused_and_validate_only_creates_nothing()
    {
        WireStruct twice = await CreateAsync(Topic("x", 1, 1), Topic("x", 1, 1));
        Assert.All(twice.Structs("topics"), x => Assert.Equal(42, x.Number("error_code")));
        WireStruct checkedOnly = await _client.CallAsync("CreateTopics", 7, new WireStruct
        {
            ["topics"] = Topic("y", 1, 1),
            ["validate_only"] = true,
        });
        Assert.Equal(0, checkedOnly.Only("topics").Number("error_code"));
        Assert.Equal(3, (await MetadataAsync("y")).Number("error_code"));
    }

    [Fact]
    public async Task Create_takes_an_assignment_of_all_partitions_to_this_broker_only()
    {
        WireStruct good = Topic("assigned", -1, -1);
        good["assignments"] = new[] { Assignment(1, 1), Assignment(0, 1) };
        WireStruct elsewhere = Topic("elsewhere", -1, -1);
        elsewhere["assignments"] = Assignment(0, 2);
        WireStruct gap = Topic("gap", -1, -1);
        gap["assignments"] = Assignment(1, 1);
        WireStruct both = Topic("both", 1, 1);
        both["assignments"] = Assignment(0, 1);
        WireStruct answer = await CreateAsync(good, elsewhere, gap, both);
        Assert.Equal([0L, 39L, 39L, 42L], answer.Structs("topics").Select(x => x.Number("error_code")));
        Assert.Equal(2, (await MetadataAsync("assigned")).List("partitions").Count);
    }

    [Fact]
    public async Task Delete_removes_by_name_or_id_and_a_topic_made_anew_is_another()
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("old"));
        object first = (await MetadataAsync("t"))["topic_id"]!;
        WireStruct deleted = await _client.CallAsync("DeleteTopics", 6, new WireStruct
        {
            ["topics"] = new[]
            {
                new WireStruct { ["topic_id"] = first },
                new WireStruct { ["name"] = "absent" },
                new WireStruct { ["topic_id"] = Guid.NewGuid() },
                new WireStruct { ["name"] = "__consumer_offsets" },
            },
        });
        Assert.Equal([0L, 3L, 100L, 17L], deleted.Structs("responses").Select(x => x.Number("error_code")));
        Assert.Equal(3, (await MetadataAsync("t")).Number("error_code"));
        await _client.CreateAsync("t");
        Assert.NotEqual(first, (await MetadataAsync("t"))["topic_id"]);
        Assert.Equal(0, (await _client.FetchAsync("t", 0, 0)).Number("high_watermark"));
    }

    [Theory]
    [InlineData("t", 4, 0)]
    [InlineData("t", 2, 37)]
    [InlineData("t", 1, 37)]
    [InlineData("absent", 4, 3)]
    [InlineData("__consumer_offsets", 4, 17)]
    public async Task Partitions_only_grow(string topic, int count, int error)
    {
        WireStruct answer = await _client.CallAsync("CreatePartitions", 2, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = topic, ["count"] = count },
        });
        Assert.Equal(error, answer.Only("results").Number("error_code"));
        Assert.Equal(error == 0 ? 4 : 2, (await MetadataAsync("t")).List("partitions").Count);
    }

    [Theory]
    [InlineData(2, 0, 2)]
    [InlineData(-1, 0, 3)]
    [InlineData(4, 1, -1)]
    public async Task Delete_records_moves_the_start_of_the_log(long offset, int error, long lowWatermark)
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("a"));
        await _client.ProduceAsync("t", 0, TestBatch.Build("b"));
        await _client.ProduceAsync("t", 0, TestBatch.Build("c"));
        WireStruct answer = await _client.CallAsync("DeleteRecords", 1, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = new WireStruct { ["offset"] = offset } },
        });
        WireStruct result = answer.Only("topics").Only("partitions");
        Assert.Equal((error, lowWatermark), (result.Number("error_code"), result.Number("low_watermark")));
        Assert.Equal(error == 0 ? 1 : 0, (await _client.FetchAsync("t", 0, 0)).Number("error_code"));
    }

    [Theory]
    [InlineData("compact", 44, -1)]
    [InlineData("compact,delete", 0, 1)]
    public async Task Records_of_a_topic_that_is_only_compacted_are_not_deleted(string policy, int error, long lowWatermark)
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("a"));
        WireStruct altered = await _client.CallAsync("IncrementalAlterConfigs", 1, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = 2, ["resource_name"] = "t",
                ["configs"] = new WireStruct { ["name"] = "cleanup.policy", ["config_operation"] = 0, ["value"] = policy },
            },
        });
        Assert.Equal(0, altered.Only("responses").Number("error_code"));

        WireStruct answer = await _client.CallAsync("DeleteRecords", 2, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = new WireStruct { ["offset"] = 1 } },
        });

        WireStruct result = answer.Only("topics").Only("partitions");
        Assert.Equal((error, lowWatermark), (result.Number("error_code"), result.Number("low_watermark")));
    }

    [Fact]
    public async Task Epoch_end_is_the_log_end()
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("a"));
        WireStruct answer = await _client.CallAsync("OffsetForLeaderEpoch", 4, new WireStruct
        {
            ["topics"] = new WireStruct
            {
                ["topic"] = "t",
                ["partitions"] = new WireStruct { ["current_leader_epoch"] = -1, ["leader_epoch"] = 0 },
            },
        });
        WireStruct result = answer.Only("topics").Only("partitions");
        Assert.Equal((0L, 1L), (result.Number("leader_epoch"), result.Number("end_offset")));
    }

    [Fact]
    public async Task Configs_are_described_altered_and_reset()
    {
        Assert.Equal(("604800000", 5L), await RetentionAsync());
        Assert.Equal(0, await AlterAsync("IncrementalAlterConfigs", "t", "retention.ms", "1000"));
        Assert.Equal(("1000", 1L), await RetentionAsync());
        Assert.Equal(40, await AlterAsync("IncrementalAlterConfigs", "t", "retention.ms", "soon"));
        Assert.Equal(3, await AlterAsync("IncrementalAlterConfigs", "absent", "retention.ms", "1"));
        Assert.Equal(42, await AlterAsync("IncrementalAlterConfigs", "__consumer_offsets", "retention.ms", "1"));
        Assert.Equal(0, await AlterAsync("AlterConfigs", "t", "segment.ms", "5000"));
        Assert.Equal(("604800000", 5L), await RetentionAsync());
    }

    [Theory]
    [InlineData(2, "absent", 3, 0)]
    [InlineData(4, "1", 0, 340)]
    [InlineData(4, "", 0, 0)]
    [InlineData(4, "2", 42, 0)]
    [InlineData(8, "1", 0, 1)]
    [InlineData(8, "", 42, 0)]
    [InlineData(16, "anything", 0, 3)]
    [InlineData(32, "absent", 0, 17)]
    [InlineData(32, "", 42, 0)]
    [InlineData(64, "x", 42, 0)]
    public async Task Describe_configs_knows_what_has_settings(int type, string name, int error, int count)
    {
        WireStruct result = await DescribeAsync(type, name, null);
        Assert.Equal(error, result.Number("error_code"));
        Assert.Equal(count, result.List("configs").Count);
    }

    private static WireStruct Topic(string name, int partitions, int replicas) =>
        new() { ["name"] = name, ["num_partitions"] = partitions, ["replication_factor"] = replicas };

    private static WireStruct Assignment(int partition, int broker) =>
        new() { ["partition_index"] = partition, ["broker_ids"] = new[] { broker } };

    private async Task<WireStruct> CreateAsync(params WireStruct[] topics) =>
        await _client.CallAsync("CreateTopics", 7, new WireStruct { ["topics"] = topics });

    private async Task<WireStruct> MetadataAsync(string topic) =>
        (await _client.CallAsync("Metadata", 10, Requests.Metadata(topic))).Only("topics");

    private async Task<(string? Value, long Source)> RetentionAsync()
    {
        WireStruct config = (await DescribeAsync(2, "t", ["retention.ms"])).Only("configs");
        return (config.Text("value"), config.Number("config_source"));
    }

    private async Task<WireStruct> DescribeAsync(int type, string name, string[]? keys)
    {
        WireStruct answer = await _client.CallAsync("DescribeConfigs", 3, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = type,
                ["resource_name"] = name,
                ["configuration_keys"] = keys,
            },
            ["include_synonyms"] = true,
        });
        return answer.Only("results");
    }

    private async Task<long> AlterAsync(string api, string topic, string name, string value)
    {
        WireStruct answer = await _client.CallAsync(api, 1, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = 2,
                ["resource_name"] = topic,
                ["configs"] = new WireStruct { ["name"] = name, ["value"] = value },
            },
        });
        return answer.Only("responses").Number("error_code");
    }
}
