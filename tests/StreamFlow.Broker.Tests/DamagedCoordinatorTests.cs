using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

/// <summary>The logs of the coordinators are lost: nobody is told that there never was anything in them.</summary>
public sealed class DamagedCoordinatorTests : IDisposable
{
    private const int NotAvailable = 15;
    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Offsets_that_cannot_be_read_are_not_available_instead_of_none()
    {
        await using (EmbeddedBroker broker = await StartAsync())
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            Assert.Equal(0, (await CommitAsync(client)).Only("topics").Only("partitions").Number("error_code"));
            Assert.Equal(7, (await FetchAsync(client)).Only("topics").Only("partitions").Number("committed_offset"));
        }

        Lose("__consumer_offsets");
        await using EmbeddedBroker damaged = await StartAsync();
        using RawClient again = await RawClient.ConnectAsync(damaged.Port);

        Assert.Equal(NotAvailable, (await FetchAsync(again)).Number("error_code"));
        Assert.Equal(NotAvailable, (await CommitAsync(again)).Only("topics").Only("partitions").Number("error_code"));
        Assert.Equal(NotAvailable, (await again.CallAsync("ListGroups", 4, [])).Number("error_code"));
        Assert.Equal((BrokerCondition.Degraded, false), (damaged.State.Condition, damaged.State.HasGroups));
    }

    [Fact]
    public async Task A_transaction_whose_outcome_cannot_be_read_is_not_aborted()
    {
        await using (EmbeddedBroker broker = await StartAsync())
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            RawTransaction transaction = await RawTransaction.InitAsync(client, "x", 3, timeoutMs: 600_000);
            await transaction.AddAsync("t", 0);
            Assert.Equal(0, (await transaction.ProduceAsync("t", 0, 0, "open")).Number("error_code"));
        }

        Lose("__transaction_state");
        await using EmbeddedBroker damaged = await StartAsync();
        using RawClient again = await RawClient.ConnectAsync(damaged.Port);

        WireStruct producers = await again.CallAsync("DescribeProducers", 0, new WireStruct
        {
            ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 0 } },
        });
        Assert.Equal(0, producers.Only("topics").Only("partitions").Only("active_producers").Number("current_txn_start_offset"));
        WireStruct init = await again.CallAsync("InitProducerId", 3, new WireStruct
        {
            ["transactional_id"] = "x", ["transaction_timeout_ms"] = 30_000, ["producer_id"] = -1, ["producer_epoch"] = -1,
        });
        Assert.Equal(NotAvailable, init.Number("error_code"));
        Assert.Equal((BrokerCondition.Degraded, false), (damaged.State.Condition, damaged.State.HasTransactions));
    }

    private static Task<WireStruct> CommitAsync(RawClient client) => client.CallAsync("OffsetCommit", 7, new WireStruct
    {
        ["group_id"] = "g",
        ["generation_id"] = -1,
        ["topics"] = new WireStruct { ["name"] = "t", ["partitions"] = new WireStruct { ["committed_offset"] = 7, ["committed_metadata"] = "" } },
    });

    private static Task<WireStruct> FetchAsync(RawClient client) => client.CallAsync("OffsetFetch", 5, new WireStruct
    {
        ["group_id"] = "g", ["topics"] = new WireStruct { ["name"] = "t", ["partition_indexes"] = new[] { 0 } },
    });

    /// <summary>Deletes the files of an internal topic.</summary>
    private void Lose(string topic)
    {
        using System.Text.Json.JsonDocument meta = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_data.Path, "meta.json")));
        Guid id = meta.RootElement.GetProperty("topics").EnumerateArray().Single(t => t.GetProperty("name").GetString() == topic).GetProperty("id").GetGuid();
        Directory.Delete(Path.Combine(_data.Path, "topics", $"{id:N}-0"), recursive: true);
    }

    private Task<EmbeddedBroker> StartAsync() => EmbeddedBroker.StartAsync(
        new EmbeddedBrokerOptions { DataDirectory = _data.Path, Topics = [new BrokerTopic("t")] });
}
