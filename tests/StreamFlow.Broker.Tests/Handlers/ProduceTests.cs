using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class ProduceTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 2)] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Produce_answers_consecutive_offsets_and_keeps_the_producers_timestamps()
    {
        WireStruct first = await _client.ProduceAsync("t", 0, TestBatch.Build("a", "b"));
        WireStruct second = await _client.ProduceAsync("t", 0, TestBatch.Build("c"));
        Assert.Equal((0L, 2L), (first.Number("base_offset"), second.Number("base_offset")));
        Assert.Equal(-1, second.Number("log_append_time_ms"));
        Assert.Equal(
            [(0, "a"), (1, "b"), (2, "c")], TestBatch.Read((await _client.FetchAsync("t", 0, 0)).Bytes("records")));
    }

    [Theory]
    [InlineData("crc", 2)]
    [InlineData("truncated", 2)]
    [InlineData("empty", 87)]
    [InlineData("magic", 87)]
    [InlineData("two batches", 87)]
    [InlineData("count", 87)]
    [InlineData("control", 87)]
    [InlineData("no sequence", 87)]
    public async Task Bad_batch_is_refused_with_its_error_and_nothing_is_appended(string defect, int error)
    {
        WireStruct result = await _client.ProduceAsync("t", 0, Bad(defect));
        Assert.Equal(error, result.Number("error_code"));
        Assert.Equal(-1, result.Number("base_offset"));
        Assert.Equal(0, (await _client.FetchAsync("t", 0, 0)).Number("high_watermark"));
    }

    [Fact]
    public async Task Null_records_are_refused()
    {
        WireStruct answer = await _client.CallAsync("Produce", 8, Requests.Produce("t", 0, null));
        Assert.Equal(87, answer.Only("responses").Only("partition_responses").Number("error_code"));
    }

    [Fact]
    public async Task Each_partition_has_its_own_result()
    {
        WireStruct request = new()
        {
            ["acks"] = -1,
            ["topic_data"] = new WireStruct
            {
                ["name"] = "t",
                ["partition_data"] = new object[]
                {
                    new WireStruct { ["index"] = 0, ["records"] = Bad("crc") },
                    new WireStruct { ["index"] = 1, ["records"] = TestBatch.Build("good") },
                    new WireStruct { ["index"] = 2, ["records"] = TestBatch.Build("no such partition") },
                },
            },
        };
        WireStruct answer = await _client.CallAsync("Produce", 8, request);
        Assert.Equal(
            [2L, 0L, 3L],
            answer.Only("responses").Structs("partition_responses").Select(x => x.Number("error_code")));
    }

    [Fact]
    public async Task Batch_above_the_topics_limit_is_refused_and_the_next_one_accepted()
    {
        WireStruct large = await _client.ProduceAsync("t", 0, TestBatch.Build(new string('x', 1_100_000)));
        Assert.Equal(10, large.Number("error_code"));
        Assert.Equal(0, (await _client.ProduceAsync("t", 0, TestBatch.Build("small"))).Number("error_code"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task Unknown_acks_are_refused_on_every_partition(int acks)
    {
        WireStruct answer = await _client.CallAsync("Produce", 8, Requests.Produce("t", 0, TestBatch.Build("x"), acks));
        Assert.Equal(21, answer.Only("responses").Only("partition_responses").Number("error_code"));
    }

    [Fact]
    public async Task Acks_0_is_not_answered_but_appended()
    {
        await _client.SendAsync("Produce", 8, Requests.Produce("t", 0, TestBatch.Build("quiet"), acks: 0));
        WireStruct fetched = await _client.FetchAsync("t", 0, 0);
        Assert.Equal([(0, "quiet")], TestBatch.Read(fetched.Bytes("records")));
    }

    [Fact]
    public async Task Acks_0_with_an_error_closes_the_connection()
    {
        await _client.SendAsync("Produce", 8, Requests.Produce("absent", 0, TestBatch.Build("lost"), acks: 0));
        Assert.Null(await _client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task Internal_topic_is_not_written_by_clients() =>
        Assert.Equal(17, (await _client.ProduceAsync("__consumer_offsets", 0, TestBatch.Build("x"))).Number("error_code"));

    [Fact]
    public async Task Idempotent_batches_are_deduplicated_and_gaps_refused()
    {
        long producerId = await InitProducerIdAsync();
        byte[] Sequenced(int sequence) => TestBatch.Build(
            new TestBatchOptions { ProducerId = producerId, ProducerEpoch = 0, BaseSequence = sequence }, $"{sequence}");

        Assert.Equal(0, (await _client.ProduceAsync("t", 0, Sequenced(0))).Number("base_offset"));
        Assert.Equal(1, (await _client.ProduceAsync("t", 0, Sequenced(1))).Number("base_offset"));
        WireStruct repeated = await _client.ProduceAsync("t", 0, Sequenced(1));
        Assert.Equal((0L, 1L), (repeated.Number("error_code"), repeated.Number("base_offset")));
        Assert.Equal(45, (await _client.ProduceAsync("t", 0, Sequenced(7))).Number("error_code"));
        Assert.Equal(2, (await _client.FetchAsync("t", 0, 0)).Number("high_watermark"));
    }

    [Fact]
    public async Task Producer_ids_never_repeat_even_over_a_restart()
    {
        using TemporaryDirectory directory = new();
        HashSet<long> seen = [];
        for (int round = 0; round < 3; round++)
        {
            await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
                new EmbeddedBrokerOptions { DataDirectory = directory.Path });
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            for (int i = 0; i < 5; i++)
            {
                WireStruct answer = await client.CallAsync("InitProducerId", 3, MinimalRequests.For("InitProducerId"));
                Assert.True(seen.Add(answer.Number("producer_id")));
            }
        }
    }

    [Theory]
    [InlineData(BrokerFlushPolicy.Interval)]
    [InlineData(BrokerFlushPolicy.EveryAppend)]
    public async Task Pipelined_produces_share_flushes_and_keep_their_order(BrokerFlushPolicy policy)
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { FlushPolicy = policy, Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        List<(int Produce, int Other)> sent = [];
        for (int i = 0; i < 200; i++)
        {
            // The second request has its answer at once and must not overtake the first, which waits for an fsync.
            sent.Add((
                await client.SendAsync("Produce", 8, Requests.Produce("t", 0, TestBatch.Build($"{i}"))),
                await client.SendAsync("ApiVersions", 0, [])));
        }

        for (int i = 0; i < sent.Count; i++)
        {
            WireStruct answer = await client.ReceiveAsync("Produce", 8, sent[i].Produce);
            Assert.Equal(i, answer.Only("responses").Only("partition_responses").Number("base_offset"));
            await client.ReceiveAsync("ApiVersions", 0, sent[i].Other);
        }

        Assert.Equal(200, (await client.FetchAsync("t", 0, 0)).Number("high_watermark"));
    }

    private async Task<long> InitProducerIdAsync()
    {
        WireStruct answer = await _client.CallAsync("InitProducerId", 3, MinimalRequests.For("InitProducerId"));
        Assert.Equal((0L, 0L), (answer.Number("error_code"), answer.Number("producer_epoch")));
        return answer.Number("producer_id");
    }

    private static byte[] Bad(string defect)
    {
        byte[] good = TestBatch.Build("a", "b");
        switch (defect)
        {
            case "crc":
                good[^1] ^= 1;
                return good;
            case "truncated":
                return good[..^1];
            case "empty":
                return [];
            case "magic":
                return TestBatch.Build(new TestBatchOptions { Magic = 1 }, "a");
            case "two batches":
                return [.. good, .. good];
            case "count":
                return TestBatch.Build(new TestBatchOptions { LastOffsetDelta = 5 }, "a", "b");
            case "control":
                return TestBatch.Build(new TestBatchOptions { Attributes = 0x20 }, "a");
            default:
                return TestBatch.Build(new TestBatchOptions { ProducerId = 7, ProducerEpoch = 0 }, "a");
        }
    }
}
