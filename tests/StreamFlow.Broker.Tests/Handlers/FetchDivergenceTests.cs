using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>A reader that says which epoch it has read last is told where the log and what it has read part.</summary>
public sealed class FetchDivergenceTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _first = new();
    private readonly TemporaryDirectory _second = new();
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    /// <summary>Offsets 0 and 1 are of epoch 0, offset 2 of epoch 1: between them the broker was killed.</summary>
    public async Task InitializeAsync()
    {
        await using (EmbeddedBroker killed = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { DataDirectory = _first.Path, Topics = [new BrokerTopic("t")] }))
        {
            using RawClient client = await RawClient.ConnectAsync(killed.Port);
            await client.ProduceAsync("t", 0, TestBatch.Build("a", "b"));
            DirectoryCopy.Of(_first.Path, _second.Path);
        }

        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { DataDirectory = _second.Path });
        _client = await RawClient.ConnectAsync(_broker.Port);
        await _client.ProduceAsync("t", 0, TestBatch.Build("c"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(-1, 2)]
    public async Task Where_they_agree_it_reads_on(int lastEpoch, long position)
    {
        WireStruct read = await FetchAsync(lastEpoch, position);
        Assert.Equal(0, read.Number("error_code"));
        Assert.Equal("c", TestBatch.Read(read.Bytes("records")).Last().Item2);
        Assert.DoesNotContain("diverging_epoch", read.Keys);
    }

    [Fact]
    public async Task What_it_has_read_beyond_the_end_of_its_epoch_is_no_longer_there()
    {
        // It waits for nothing: that it may wait ten minutes makes no difference.
        WireStruct read = await FetchAsync(0, 3);
        Assert.Equal(0, read.Number("error_code"));
        Assert.Empty(read.Bytes("records"));
        WireStruct diverging = (WireStruct)read["diverging_epoch"]!;
        Assert.Equal((0L, 2L), (diverging.Number("epoch"), diverging.Number("end_offset")));
    }

    [Fact]
    public async Task An_epoch_that_never_was_is_out_of_range() => Assert.Equal(1, (await FetchAsync(7, 2)).Number("error_code"));

    private async Task<WireStruct> FetchAsync(int lastEpoch, long position)
    {
        WireStruct request = Requests.Fetch("t", 0, position, maxWaitMs: 600_000);
        ((WireStruct)((WireStruct)request["topics"]!)["partitions"]!)["last_fetched_epoch"] = lastEpoch;
        return (await _client.CallAsync("Fetch", 12, request)).Only("responses").Only("partitions");
    }
}
