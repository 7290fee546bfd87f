using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class FetchTests : IAsyncLifetime
{
    private const int LongWaitMs = 600_000;
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t", 2), new BrokerTopic("doomed")] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Empty_partition_answers_empty_never_null_records()
    {
        WireStruct result = await _client.FetchAsync("t", 0, 0);
        Assert.Empty(result.Bytes("records"));
        Assert.Null(result["aborted_transactions"]);
        Assert.Equal((0L, 0L), (result.Number("error_code"), result.Number("high_watermark")));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 0)]
    public async Task Offset_outside_the_log_is_out_of_range_and_its_end_is_not(long offset, int error)
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("a", "b"));
        WireStruct result = await _client.FetchAsync("t", 0, offset);
        Assert.Equal(error, result.Number("error_code"));
        Assert.Equal(0, result.Number("log_start_offset"));
    }

    [Theory]
    [InlineData("absent", 0)]
    [InlineData("t", 2)]
    [InlineData("t", -1)]
    public async Task Unknown_partition_is_reported_without_waiting(string topic, int partition) =>
        Assert.Equal(3, (await _client.FetchAsync(topic, partition, 0, LongWaitMs)).Number("error_code"));

    [Theory]
    [InlineData(1, 75)]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    public async Task Leader_epoch_of_the_client_is_checked(int epoch, int error)
    {
        WireStruct request = Requests.Fetch("t", 0, 0);
        ((WireStruct)((WireStruct)request["topics"]!)["partitions"]!)["current_leader_epoch"] = epoch;
        WireStruct answer = await _client.CallAsync("Fetch", 9, request);
        Assert.Equal(error, answer.Only("responses").Only("partitions").Number("error_code"));
    }

    [Fact]
    public async Task Session_that_never_was_is_not_found()
    {
        WireStruct request = Requests.Fetch("t", 0, 0);
        request["session_id"] = 5;
        WireStruct answer = await _client.CallAsync("Fetch", 11, request);
        Assert.Equal(70, answer.Number("error_code"));
        Assert.Empty(answer.List("responses"));
    }

    [Fact]
    public async Task First_batch_comes_whole_though_larger_than_every_limit()
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build(new string('x', 5000)));
        await _client.ProduceAsync("t", 0, TestBatch.Build("second"));
        WireStruct request = Requests.Fetch("t", 0, 0, partitionMaxBytes: 1);
        request["max_bytes"] = 1;
        WireStruct answer = await _client.CallAsync("Fetch", 11, request);
        byte[] records = answer.Only("responses").Only("partitions").Bytes("records");
        Assert.Equal(0, Assert.Single(TestBatch.Read(records)).Offset);
    }

    [Fact]
    public async Task Limit_of_the_whole_answer_holds_over_partitions()
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build(new string('x', 5000)));
        await _client.ProduceAsync("t", 1, TestBatch.Build(new string('y', 5000)));
        WireStruct request = Requests.Fetch("t", 0, 0);
        WireStruct first = (WireStruct)((WireStruct)request["topics"]!)["partitions"]!;
        WireStruct second = new() { ["partition"] = 1, ["current_leader_epoch"] = -1, ["partition_max_bytes"] = 1 << 20 };
        ((WireStruct)request["topics"]!)["partitions"] = new[] { first, second };
        request["max_bytes"] = 6000;
        WireStruct answer = await _client.CallAsync("Fetch", 11, request);
        Assert.Equal(
            [false, true],
            answer.Only("responses").Structs("partitions").Select(x => x.Bytes("records").Length == 0));
    }

    [Fact]
    public async Task Waiting_fetch_is_woken_by_a_produce()
    {
        int correlation = await _client.SendAsync("Fetch", 11, Requests.Fetch("t", 1, 0, LongWaitMs));
        using RawClient producer = await RawClient.ConnectAsync(_broker.Port);
        await producer.ProduceAsync("t", 1, TestBatch.Build("wake"));
        WireStruct answer = await _client.ReceiveAsync("Fetch", 11, correlation);
        byte[] records = answer.Only("responses").Only("partitions").Bytes("records");
        Assert.Equal([(0, "wake")], TestBatch.Read(records));
    }

    [Fact]
    public async Task Waiting_fetch_honours_min_bytes()
    {
        int correlation = await _client.SendAsync("Fetch", 11, Requests.Fetch("t", 0, 0, LongWaitMs, minBytes: 20_000));
        using RawClient producer = await RawClient.ConnectAsync(_broker.Port);
        for (int i = 0; i < 3; i++)
        {
            await producer.ProduceAsync("t", 0, TestBatch.Build(new string('x', 9000)));
        }

        WireStruct answer = await _client.ReceiveAsync("Fetch", 11, correlation);
        byte[] records = answer.Only("responses").Only("partitions").Bytes("records");
        Assert.Equal(3, TestBatch.Read(records).Count);
    }

    [Fact]
    public async Task Waiting_fetch_ends_with_nothing_when_its_time_is_over()
    {
        WireStruct result = await _client.FetchAsync("t", 0, 0, maxWaitMs: 50);
        Assert.Empty(result.Bytes("records"));
    }

    [Fact]
    public async Task Waiting_fetch_learns_that_its_topic_was_deleted()
    {
        int correlation = await _client.SendAsync("Fetch", 11, Requests.Fetch("doomed", 0, 0, LongWaitMs));
        using RawClient admin = await RawClient.ConnectAsync(_broker.Port);
        await admin.CallAsync("DeleteTopics", 5, new WireStruct { ["topic_names"] = new[] { "doomed" } });
        WireStruct answer = await _client.ReceiveAsync("Fetch", 11, correlation);
        Assert.Equal(3, answer.Only("responses").Only("partitions").Number("error_code"));
    }

    [Fact]
    public async Task Many_waiting_fetches_are_woken_one_record_at_a_time()
    {
        const int Consumers = 20;
        const int Rounds = 50;
        using RawClient producer = await RawClient.ConnectAsync(_broker.Port);
        Task[] consumers = [.. Enumerable.Range(0, Consumers).Select(async _ =>
        {
            using RawClient consumer = await RawClient.ConnectAsync(_broker.Port);
            long offset = 0;
            while (offset < Rounds)
            {
                byte[] records = (await consumer.FetchAsync("t", 0, offset, LongWaitMs)).Bytes("records");
                foreach ((long found, string value) in TestBatch.Read(records))
                {
                    Assert.Equal(offset++, found);
                    Assert.Equal($"{found}", value);
                }
            }
        })];
        for (int i = 0; i < Rounds; i++)
        {
            await producer.ProduceAsync("t", 0, TestBatch.Build($"{i}"));
        }

        await Task.WhenAll(consumers).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Read_committed_gets_an_empty_list_of_aborted_transactions()
    {
        await _client.ProduceAsync("t", 0, TestBatch.Build("a"));
        WireStruct request = Requests.Fetch("t", 0, 0);
        request["isolation_level"] = 1;
        WireStruct answer = await _client.CallAsync("Fetch", 11, request);
        Assert.Empty(answer.Only("responses").Only("partitions").List("aborted_transactions"));
    }
}
