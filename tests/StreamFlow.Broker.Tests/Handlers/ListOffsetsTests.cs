using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class ListOffsetsTests : IAsyncLifetime
{
    private const long Start = 1_700_000_000_000;
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        _client = await RawClient.ConnectAsync(_broker.Port);
        await _client.ProduceAsync("t", 0, TestBatch.Build(new TestBatchOptions { TimestampStep = 10 }, "a", "b", "c"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(-1, 3, -1)]
    [InlineData(-2, 0, -1)]
    [InlineData(-3, 2, Start + 20)]
    [InlineData(0, 0, Start)]
    [InlineData(Start, 0, Start)]
    [InlineData(Start + 1, 1, Start + 10)]
    [InlineData(Start + 20, 2, Start + 20)]
    [InlineData(Start + 21, -1, -1)]
    public async Task Offset_is_found_by_position_or_timestamp(long timestamp, long offset, long found)
    {
        WireStruct result = await ListAsync(7, "t", timestamp);
        Assert.Equal(
            (0L, offset, found),
            (result.Number("error_code"), result.Number("offset"), result.Number("timestamp")));
    }

    [Fact]
    public async Task Partition_named_twice_is_an_invalid_request()
    {
        WireStruct partition = new() { ["current_leader_epoch"] = -1, ["timestamp"] = -1L };
        WireStruct answer = await _client.CallAsync("ListOffsets", 7, new WireStruct
        {
            ["replica_id"] = -1,
            ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = new object[] { partition, partition } },
        });
        Assert.All(answer.Only("topics").Structs("partitions"), static x => Assert.Equal(42, x.Number("error_code")));
    }

    /// <summary>The epoch of the leader is answered from version 4 on: older answers have no place for it.</summary>
    [Fact]
    public async Task Offset_is_found_in_every_version()
    {
        for (int version = 1; version <= 11; version++)
        {
            Assert.Equal(3, (await ListAsync(version, "t", -1)).Number("offset"));
        }
    }

    [Theory]
    [InlineData(8, -4, 0)]
    [InlineData(9, -5, -1)]
    [InlineData(11, -6, -1)]
    public async Task Tiers_that_are_not_there_hold_nothing(int version, long timestamp, long offset)
    {
        WireStruct result = await ListAsync(version, "t", timestamp);
        Assert.Equal((0L, offset, -1L), (result.Number("error_code"), result.Number("offset"), result.Number("timestamp")));
    }

    [Theory]
    [InlineData(10, -6, 35)]
    [InlineData(8, -5, 35)]
    [InlineData(7, -4, 35)]
    [InlineData(6, -3, 35)]
    public async Task Unknown_special_timestamp_is_unsupported(int version, long timestamp, int error) =>
        Assert.Equal(error, (await ListAsync(version, "t", timestamp)).Number("error_code"));

    [Fact]
    public async Task Unknown_topic_is_reported() =>
        Assert.Equal(3, (await ListAsync(7, "absent", -1)).Number("error_code"));

    [Fact]
    public async Task Damaged_partition_tells_no_offsets()
    {
        using TemporaryDirectory directory = new();
        EmbeddedBrokerOptions options = new() { DataDirectory = directory.Path, Topics = [new BrokerTopic("t")] };
        await using (EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options))
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.ProduceAsync("t", 0, TestBatch.Build("a"));
        }

        string log = Directory.GetFiles(directory.Path, "*.log", SearchOption.AllDirectories)
            .Single(static x => new FileInfo(x).Length is > 0 and < 100);
        await using (FileStream file = File.OpenWrite(log))
        {
            file.SetLength(10);
        }

        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(options);
        _client.Dispose();
        _client = await RawClient.ConnectAsync(again.Port);
        Assert.Equal(56, (await ListAsync(7, "t", -1)).Number("error_code"));
    }

    private async Task<WireStruct> ListAsync(int version, string topic, long timestamp)
    {
        WireStruct answer = await _client.CallAsync("ListOffsets", version, new WireStruct
        {
            ["replica_id"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = topic,
                ["partitions"] = new WireStruct { ["current_leader_epoch"] = -1, ["timestamp"] = timestamp },
            },
        });
        return answer.Only("topics").Only("partitions");
    }
}
