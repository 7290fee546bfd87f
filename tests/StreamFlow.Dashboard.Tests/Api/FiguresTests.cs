using System.Text.Json;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>The numbers of an application are those that an independent client finds.</summary>
public sealed class FiguresTests
{
    private const string Path = $"applications/{PageHost.Application}";

    [Fact]
    public async Task Totals_lag_and_positions_are_those_of_the_broker()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.ProduceOrdersAsync(1000);

        // The inputs are read, and with them what they were handed on to.
        await host.UntilAsync(Path, o =>
            o.GetProperty("in").GetProperty("total").GetInt64() == 1000
            && o.GetProperty("lag").ValueKind == JsonValueKind.Number && o.GetProperty("lag").GetInt64() == 0
            && o.GetProperty("lastCommitAgeSeconds").ValueKind == JsonValueKind.Number
            && KafkaReader.LagOf(
                host.BootstrapServers, PageHost.Application, ("orders", 2), ($"{PageHost.Application}-counts-repartition", 2)) == 0);

        var results = KafkaReader.ReadAll(host.BootstrapServers, "category-counts", 2).Count;
        Assert.NotEqual(0, results);
        var overview = await host.UntilAsync(Path, o => o.GetProperty("out").GetProperty("total").GetInt64() == results);
        Assert.Equal(PageHost.Application, overview.GetProperty("applicationId").GetString());
        Assert.Equal("AtLeastOnce", overview.GetProperty("guarantee").GetString());
        Assert.Equal(0, overview.GetProperty("dropped").GetProperty("total").GetInt64());
        Assert.Empty(overview.GetProperty("problems").EnumerateArray());

        var tasks = await host.GetAsync($"{Path}/tasks");
        var inputs = tasks.GetProperty("tasks").EnumerateArray().SelectMany(t => t.GetProperty("inputs").EnumerateArray())
            .Where(i => i.GetProperty("topic").GetString() == "orders").ToList();
        Assert.Equal(1000, inputs.Sum(i => i.GetProperty("position").GetInt64()));
        Assert.Equal(1000, inputs.Sum(i => i.GetProperty("end").GetInt64()));
        Assert.Equal(["0_0", "0_1", "1_0", "1_1"], tasks.GetProperty("tasks").EnumerateArray().Select(t => t.GetProperty("id").GetString()).Order());
        Assert.NotEmpty(tasks.GetProperty("rebalances").EnumerateArray());

        var history = await host.GetAsync($"{Path}/history");
        Assert.Equal(1000, history.GetProperty("in").EnumerateArray().Where(p => p.ValueKind == JsonValueKind.Number).Sum(p => p.GetDouble()), 1000 * 0.05);
    }

    [Fact]
    public async Task Records_that_are_left_out_are_told_with_their_reason_and_node()
    {
        await using var host = await PageHost.StartAsync(configure: builder =>
        {
            builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeadLetterTopic"] = "letters";
            builder.Configuration[$"StreamFlow:{PageHost.Application}:Streams:DeserializationErrors"] = "DeadLetter";
        });
        await host.RunningAsync();
        await host.ProduceAsync([("a", "no JSON"), ("b", """{"category":"c1","cents":1}""")]);

        var overview = await host.UntilAsync(Path, o => o.GetProperty("deadLettered").GetInt64() == 1);

        Assert.Equal(1, overview.GetProperty("dropped").GetProperty("byReason").GetProperty("dead_letter").GetInt64());
        var figures = (await host.GetAsync($"{Path}/figures")).GetProperty("nodes");
        Assert.Equal(1, figures.GetProperty("KSTREAM-SOURCE-0000000000").GetProperty("errors").GetInt64());
        Assert.Equal(0, figures.GetProperty("valid").GetProperty("errors").GetInt64());
        Assert.Matches(
            @"^\d{4}-\d\d-\d\dT\S+ Deserialization of orders-\d offset 0: \w+: ",
            figures.GetProperty("KSTREAM-SOURCE-0000000000").GetProperty("lastError").GetString());
        Assert.Equal(JsonValueKind.Null, figures.GetProperty("valid").GetProperty("lastError").ValueKind);
    }

    [Fact]
    public async Task The_graph_has_every_topic_node_and_store_and_their_links()
    {
        await using var host = await PageHost.StartAsync();
        var topology = await host.GetAsync($"{Path}/topology");
        var nodes = topology.GetProperty("nodes").EnumerateArray().ToDictionary(n => n.GetProperty("id").GetString()!);
        var edges = topology.GetProperty("edges").EnumerateArray()
            .Select(e => $"{e.GetProperty("from").GetString()} {e.GetProperty("kind").GetString()} {e.GetProperty("to").GetString()}").ToHashSet();

        Assert.Contains("topic:orders records KSTREAM-SOURCE-0000000000", edges);
        Assert.Contains("KSTREAM-SOURCE-0000000000 records valid", edges);
        Assert.Contains(edges, e => e.EndsWith(" store store:counts", StringComparison.Ordinal));
        Assert.Contains(edges, e => e.EndsWith(" records topic:category-counts", StringComparison.Ordinal));
        Assert.True(nodes["valid"].GetProperty("isNamed").GetBoolean());
        Assert.Equal("KSTREAM-SOURCE", nodes["KSTREAM-SOURCE-0000000000"].GetProperty("type").GetString());
        Assert.True(nodes[$"topic:{PageHost.Application}-counts-repartition"].GetProperty("isInternal").GetBoolean());
        Assert.Equal($"{PageHost.Application}-counts-changelog", nodes["store:counts"].GetProperty("store").GetProperty("changelogTopic").GetString());
        Assert.Contains("Processor: valid (stores: [])", nodes["valid"].GetProperty("describe").EnumerateArray().Select(l => l.GetString()));
        Assert.All(topology.GetProperty("edges").EnumerateArray(), e =>
        {
            Assert.Contains(e.GetProperty("from").GetString()!, nodes.Keys);
            Assert.Contains(e.GetProperty("to").GetString()!, nodes.Keys);
        });
    }
}
