using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>What would be wrong or stuck without a word: keys placed by another client, topics that are none, rows that are too large.</summary>
public abstract class SilentTroubleTests(ClusterFixture fixture)
{
    private static readonly string[] Sites = ["berlin", "hamburg", "munich", "cologne", "bremen", "essen", "leipzig", "dresden"];

    [SkippableTheory]
    [InlineData("", true)]
    [InlineData("murmur2_random", false)]
    public async Task A_table_that_kcat_has_written_is_told_unless_kcat_places_keys_as_Java_does(string partitioner, bool isTold)
    {
        ExternalTool.Require("kcat", "-V");
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(4, "readings", "sites", "out");
        await ProduceAsync(harness, "sites", partitioner, Sites.Select(s => $"{s}|the site {s}"));
        await harness.StartAsync(Placed, new Setup { Id = "placed" });
        await harness.UntilNoLagAsync("placed", "sites");
        await ProduceAsync(harness, "readings", partitioner, Sites.Select((s, i) => $"device-{i}|{s}"));
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == Sites.Length, "a result for each");

        var found = harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)).ToList();
        var told = harness.Log.Where(line => line.Contains("The keys of topic 'sites' do not lie where", StringComparison.Ordinal)).ToList();
        if (isTold)
        {
            Assert.Contains(found, v => v.EndsWith("at nowhere", StringComparison.Ordinal));
            Assert.Contains("where the default of librdkafka's clients (kcat, Confluent.Kafka, Python) puts them", Assert.Single(told), StringComparison.Ordinal);
        }
        else
        {
            Assert.All(found, v => Assert.Contains("at the site", v, StringComparison.Ordinal));
            Assert.Empty(told);
        }
    }

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_record_that_chooses_a_topic_that_is_none_goes_to_the_production_handler_with_its_position(
        ProcessingGuarantee guarantee)
    {
        var asked = new ConcurrentQueue<ErrorContext>();
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        string[] topics = ["out", "missing", "two words", new string('t', 300), "out"];
        harness.Probe.Produce("in", [.. topics.Select((topic, i) => ($"k{i}", topic, 0L))]);
        await harness.StartAsync(
            b => b.Stream<string, string>("in").To(record => record.Value),
            new Setup
            {
                Id = "chosen",
                Configure = o =>
                {
                    o.ProcessingGuarantee = guarantee;
                    o.ProductionErrorHandler = (in ErrorContext error) =>
                    {
                        asked.Enqueue(error);
                        return ErrorResponse.Continue;
                    };
                },
            });
        await harness.UntilNoLagAsync("chosen", "in");

        Assert.Equal([1L, 2L, 3L], asked.Select(e => e.Offset).Distinct());
        Assert.All(asked, e => Assert.Equal(("in", ErrorStage.Production), (e.Topic, e.Stage)));
        Assert.Equal(2, harness.Probe.ReadAll("out").Count);
    }

    [SkippableFact]
    public async Task A_row_that_is_too_large_says_which_and_what_helps()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var application = await harness.StartAsync(
            b => b.Stream<string, string>("in").GroupByKey().Aggregate(
                () => string.Empty, (_, v, all) => all + v, new() { Name = "baskets" }).ToStream().MapValues(v => "x").To("out"),
            new Setup { Id = "large" });
        var part = new string('v', 400_000);
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 3).Select(i => ("customer-7", part, (long)i))]);
        await Until.TrueAsync(() => application.State == StreamsState.Error, "it fails", () => harness.LogText);

        var message = application.Status.Error!.Message;
        Assert.Contains("baskets", message, StringComparison.Ordinal);
        Assert.Contains("large-baskets-changelog", message, StringComparison.Ordinal);
        Assert.Contains("the key 'customer-7' (10 bytes) and a value of 12000", message, StringComparison.Ordinal);
        Assert.Contains("max.message.bytes of topic 'large-baskets-changelog'", message, StringComparison.Ordinal);
        Assert.Contains("message.max.bytes of the producer", message, StringComparison.Ordinal);
    }

    private static void Placed(StreamsBuilder builder)
    {
        var sites = builder.Table<string, string>("sites", materialized: new() { Name = "sites" });
        builder.Stream<string, string>("readings").SelectKey((_, site) => site, "by-site")
            .LeftJoin(sites, (reading, site) => $"{reading} at {site?.Value ?? "nowhere"}", new() { Name = "placed" }).To("out");
    }

    private static async Task ProduceAsync(EngineHarness harness, string topic, string partitioner, IEnumerable<string> lines)
    {
        string[] choice = partitioner.Length == 0 ? [] : ["-X", "partitioner=" + partitioner];
        var (exitCode, output) = await ExternalTool.RunAsync(
            "kcat", ["-b", harness.BootstrapServers, "-P", "-t", topic, "-K", "|", .. choice], string.Join('\n', lines) + "\n");
        Assert.True(exitCode == 0, string.Create(CultureInfo.InvariantCulture, $"kcat ended with {exitCode}: {output}"));
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedSilentTroubleTests(EmbeddedFixture fixture) : SilentTroubleTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheSilentTroubleTests(ApacheFixture fixture) : SilentTroubleTests(fixture);
