using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>What docs/guide/operating.md says of resetting and replaying, with the tool of Apache Kafka itself.</summary>
public abstract class ResetTests(ClusterFixture fixture)
{
    private readonly string _id = $"reset-{Guid.NewGuid():N}"[..14];

    [SkippableFact]
    public async Task A_reset_application_counts_everything_once_more_on_the_state_folder_it_had()
    {
        ExternalTool.RequireKafka();
        using var state = new TempFolder();
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "orders", "out");
        harness.Probe.Produce("orders", [("k1", "a", 0), ("k2", "b", 0), ("k3", "a", 0)]);
        var first = await harness.StartAsync(Count, new Setup { Id = _id, StateDirectory = state.Path });
        await CountedAsync(harness);
        await first.StopAsync();

        var told = await RunAsync(harness, "kafka-streams-application-reset *--input-topics orders");

        Assert.Contains($"{_id}-counts-changelog", told, StringComparison.Ordinal);
        await harness.UntilAsync(
            () => harness.Probe.PartitionCount($"{_id}-counts-changelog") == 0
                && harness.Probe.PartitionCount($"{_id}-by-value-repartition") == 0,
            "the internal topics are gone");
        Assert.Equal(3, harness.Probe.Lag(_id, "orders"));
        await harness.StartAsync(Count, new Setup { Id = _id, StateDirectory = state.Path });
        await CountedAsync(harness);
        Assert.Contains(harness.Log, line => line.Contains("made anew, or of another cluster", StringComparison.Ordinal));

        // Had positions or state outlived the reset, there would be no second row, or one with a larger number.
        var counts = harness.Probe.ReadAll("out")
            .Select(r => $"{Encoding.UTF8.GetString(r.Message.Key)}={BinaryPrimitives.ReadInt64BigEndian(r.Message.Value)}").ToList();
        Assert.Equal(["a=2", "a=2", "b=1", "b=1"], counts.Where(c => c != "a=1").Order());
    }

    [SkippableTheory]
    [InlineData("kafka-streams-application-reset --* --to-datetime *")]
    [InlineData("kafka-consumer-groups *")]
    public async Task An_application_is_set_back_to_a_time(string command)
    {
        ExternalTool.RequireKafka();
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "orders", "out");
        var noon = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
        harness.Probe.Produce("orders", [("k", "morning", At(-60)), ("k", "noon", At(0)), ("k", "evening", At(360))]);
        var first = await harness.StartAsync(Copy, new Setup { Id = _id });
        await harness.UntilNoLagAsync(_id, "orders");
        await first.StopAsync();

        await RunAsync(harness, command);

        await harness.StartAsync(Copy, new Setup { Id = _id });
        await harness.UntilNoLagAsync(_id, "orders");
        Assert.Equal(
            ["morning", "noon", "evening", "noon", "evening"],
            harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)));

        long At(int minutes) => noon.AddMinutes(minutes).ToUnixTimeMilliseconds();
    }

    private static void Count(StreamsBuilder builder) =>
        builder.Stream<string, string>("orders")
            .GroupBy((_, value) => value, new() { Name = "by-value" })
            .Count(new() { Name = "counts" })
            .ToStream()
            .To("out");

    private static void Copy(StreamsBuilder builder) => builder.Stream<string, string>("orders").To("out");

    private async Task CountedAsync(EngineHarness harness)
    {
        await harness.UntilNoLagAsync(_id, "orders");
        await harness.UntilNoLagAsync(_id, $"{_id}-by-value-repartition");
    }

    /// <summary>Runs the one command of the page that is like this, for the application and the cluster at hand; it must succeed.</summary>
    private async Task<string> RunAsync(EngineHarness harness, string like)
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "guide", "operating.md"));
        var command = Assert.Single(page.Select(line => line.Trim()), line => FileSystemName.MatchesSimpleExpression(like, line));
        var words = command.Replace("order-counts", _id, StringComparison.Ordinal)
            .Replace("localhost:9092", harness.BootstrapServers, StringComparison.Ordinal)["kafka-".Length..].Split(' ');
        var (exitCode, output) = await ExternalTool.RunAsync(ExternalTool.RequireKafka(), words);
        Assert.True(exitCode == 0, $"{command}\n{output}");
        return output;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedResetTests(EmbeddedFixture fixture) : ResetTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheResetTests(ApacheFixture fixture) : ResetTests(fixture);
