using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>What becomes of a record on its way: headers, time, partition, bytes.</summary>
public abstract class RecordTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task Headers_time_and_tombstones_pass_through_a_repartition()
    {
        await using var harness = await PrepareAsync(3);
        var headers = new Confluent.Kafka.Headers { { "a", [1, 2] }, { "a", [3] }, { "none", null } };
        harness.Probe.Produce("in", (IEnumerable<Message<string?, byte[]?>>)
        [
            new() { Key = "one", Value = "1"u8.ToArray(), Headers = headers, Timestamp = Time(1_234_567) },
            new() { Key = "gone", Value = null, Headers = headers, Timestamp = Time(7) },
        ]);
        await harness.StartAsync(
            b => b.Stream<string, string>("in").Repartition(new() { Name = "again" }).To("out"), new() { Id = "headers" });
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 2, "both records");

        var found = harness.Probe.ReadAll("out").ToDictionary(r => Encoding.UTF8.GetString(r.Message.Key), r => r.Message);
        Assert.Equal((1_234_567, 7), (found["one"].Timestamp.UnixTimestampMs, found["gone"].Timestamp.UnixTimestampMs));
        Assert.Equal("1"u8.ToArray(), found["one"].Value);
        Assert.Null(found["gone"].Value);
        Assert.All(found.Values, m => Assert.Equal(
            [("a", "0102"), ("a", "03"), ("none", null)],
            m.Headers.Select(h => (h.Key, h.GetValueBytes() is { } bytes ? Convert.ToHexString(bytes) : null))));
    }

    [SkippableFact]
    public async Task Keys_land_in_the_partitions_other_clients_choose()
    {
        await using var harness = await PrepareAsync(7);
        await harness.Probe.CreateTopicsAsync(7, "reference");
        var keys = Enumerable.Range(0, 300).Select(i => string.Create(CultureInfo.InvariantCulture, $"key-ü-{i * 7919}")).ToArray();
        harness.Probe.Produce("in", [.. keys.Select(k => ("", k, 1L))]);
        harness.Probe.Produce("reference", [.. keys.Select(k => (k, k, 1L))]);
        await harness.StartAsync(
            b => b.Stream<string, string>("in").SelectKey((_, v) => v).To("out"), new() { Id = "partitions" });
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == keys.Length, "all records");

        Assert.Equal(Partitions(harness, "reference"), Partitions(harness, "out"));
    }

    [SkippableFact]
    public async Task Keys_land_where_the_tools_of_Apache_Kafka_put_them_and_they_read_our_longs()
    {
        var kafka = ExternalTool.RequireKafka();
        await using var harness = await PrepareAsync(7);
        await harness.Probe.CreateTopicsAsync(7, "reference");
        var keys = Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"key-{i * 7919}")).ToArray();
        var server = harness.BootstrapServers;
        var produced = await ExternalTool.RunAsync(
            kafka,
            ["console-producer", "--bootstrap-server", server, "--topic", "reference", "--reader-property", "parse.key=true",
                "--reader-property", "key.separator=|"],
            string.Join('\n', keys.Select(k => $"{k}|{k}")) + "\n");
        Assert.True(produced.ExitCode == 0, produced.Output);
        await harness.StartAsync(
            b => b.Stream<string, string>("reference").GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out"),
            new() { Id = "java" });
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == keys.Length, "all counts");

        Assert.Equal(Partitions(harness, "reference"), Partitions(harness, "out"));
        var consumed = await ExternalTool.RunAsync(
            kafka,
            ["console-consumer", "--bootstrap-server", server, "--topic", "out", "--from-beginning", "--max-messages",
                $"{keys.Length}", "--formatter-property", "print.key=true", "--formatter-property",
                "value.deserializer=org.apache.kafka.common.serialization.LongDeserializer"]);
        Assert.True(consumed.ExitCode == 0, consumed.Output);
        Assert.Equal(
            keys.Select(k => $"{k}\t1").Order(StringComparer.Ordinal),
            consumed.Output.Split('\n').Where(l => l.Contains('\t', StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Two_applications_of_one_host_work_one_behind_the_other()
    {
        await using var harness = await PrepareAsync(2);
        await harness.Probe.CreateTopicsAsync(2, "between");
        using var folder = new TempFolder();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        void Common(Hosting.StreamFlowHostOptions options)
        {
            options.BootstrapServers = harness.BootstrapServers;
            options.Streams.StateDirectory = folder.Path;
            options.Streams.CommitInterval = TimeSpan.FromMilliseconds(100);
        }

        builder.Services.AddStreamFlow(
            "first", (b, _) => b.Stream<string, string>("in").MapValues(v => v + "1").To("between"), Common);
        builder.Services.AddStreamFlow(
            "second",
            (b, _) => b.Stream<string, string>("between").GroupByKey().Count(new() { Name = "c" }).ToStream().To("out"),
            Common);
        using var host = builder.Build();
        await host.StartAsync();
        harness.Probe.Produce("in", ("a", "x", 1), ("b", "y", 1), ("a", "z", 1));
        await harness.UntilNoLagAsync("first", "in");
        await harness.UntilNoLagAsync("second", "between");
        await host.StopAsync();

        Assert.Equal(
            [("a", 2), ("b", 1)],
            harness.Probe.ReadAll("out").GroupBy(r => Encoding.UTF8.GetString(r.Message.Key)).OrderBy(g => g.Key)
                .Select(g => (g.Key, BinaryPrimitives.ReadInt64BigEndian(g.Last().Message.Value))));
    }

    private static Timestamp Time(long ms) => new(ms, TimestampType.CreateTime);

    private static Dictionary<string, int> Partitions(EngineHarness harness, string topic) =>
        harness.Probe.ReadAll(topic).ToDictionary(r => Encoding.UTF8.GetString(r.Message.Key), r => r.Partition.Value);

    private async Task<EngineHarness> PrepareAsync(int partitions)
    {
        var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(partitions, "in", "out");
        return harness;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedRecordTests(EmbeddedFixture fixture) : RecordTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheRecordTests(ApacheFixture fixture) : RecordTests(fixture);
