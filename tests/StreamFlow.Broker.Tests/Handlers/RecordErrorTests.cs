using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Handlers;

public sealed class RecordErrorTests
{
    [Fact]
    public async Task Produce_names_the_records_because_of_which_a_batch_is_refused()
    {
        BrokerTopic compacted = new("c") { Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" } };
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [compacted] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        WireStruct result = await client.ProduceAsync("c", 0, TestBatch.Build("a", "b"));
        Assert.Equal((87L, -1L, 0L), (result.Number("error_code"), result.Number("base_offset"), result.Number("log_start_offset")));
        Assert.Equal([0L, 1L], result.Structs("record_errors").Select(static x => x.Number("batch_index")));
        Assert.All(result.Structs("record_errors"), static x => Assert.Equal(
            "Compacted topic cannot accept message without key in topic partition c-0", x.Text("batch_index_error_message")));
        Assert.StartsWith(
            "One or more records have been rejected due to 2 record errors in total", result.Text("error_message"),
            StringComparison.Ordinal);
    }
}
