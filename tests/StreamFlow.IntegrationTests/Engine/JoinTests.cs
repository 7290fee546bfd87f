using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>Joins of streams and with global tables on real clients and stores on disk, across a restart.</summary>
public abstract class JoinTests(ClusterFixture fixture)
{
    /// <summary>Of today: brokers refuse records that are too far ahead.</summary>
    private static readonly long Start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 3_600_000;

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Global_rows_are_complete_before_records_look_them_up_and_kept_over_a_restart(ProcessingGuarantee guarantee)
    {
        using var folder = new TempFolder();
        var setup = new Setup
        {
            Id = "global-" + guarantee,
            StateDirectory = folder.Path,
            Configure = o => o.ProcessingGuarantee = guarantee,
        };
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(3, "rows");
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        harness.Probe.Produce("rows", [.. Enumerable.Range(0, 5000).Select(i => ($"k{i}", $"row {i}", Start + i))]);
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ($"x{i}", $"k{i * 50}", Start))]);

        var first = await harness.StartAsync(Globals, setup);
        await harness.UntilAsync(() => Read(harness, "out").Count >= 100, "a result for each");
        await first.StopAsync();
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"k{i * 50} row {i * 50}").Order(), Read(harness, "out").Order());

        harness.Probe.Produce("rows", ("k0", "new", Start), ("k50", "newer", Start));
        harness.Probe.Produce("in", ("x", "k0", Start), ("x", "k50", Start), ("x", "k100", Start));
        await harness.StartAsync(Globals, setup);
        await harness.UntilAsync(() => Read(harness, "out").Count >= 103, "the results after the restart");

        Assert.Equal(["k0 new", "k100 row 100", "k50 newer"], Read(harness, "out").Skip(100).Order());
        Assert.Contains("reads its global tables: 2 records to come", harness.LogText, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Waiting_records_of_an_outer_join_are_told_once_across_restarts(ProcessingGuarantee guarantee)
    {
        using var folder = new TempFolder();
        var setup = new Setup
        {
            Id = "outer-" + guarantee,
            StateDirectory = folder.Path,
            Configure = o => o.ProcessingGuarantee = guarantee,
        };
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "l", "r", "joined");
        for (var round = 0; round < 3; round++)
        {
            var time = Start + (round * 10_000);
            harness.Probe.Produce("l", ($"pair{round}", "a", time), ($"left{round}", "a", time));
            harness.Probe.Produce("r", ($"pair{round}", "b", time + 1), ($"right{round}", "b", time + 1));
            var application = await harness.StartAsync(Outer, setup);
            await harness.UntilRunningAsync(application);
            await harness.UntilNoLagAsync(setup.Id, "l", "r");
            await application.StopAsync();
        }

        harness.Probe.Produce("l", ("end", "a", Start + 100_000));
        await harness.StartAsync(Outer, setup);
        await harness.UntilAsync(() => Read(harness, "joined").Count >= 9, "all results");

        Assert.Equal(
            Enumerable.Range(0, 3).SelectMany(i => new[] { $"left{i} a+-", $"pair{i} a+b", $"right{i} -+b" }).Order(),
            Read(harness, "joined").Order());
    }

    private static void Globals(StreamsBuilder builder) => builder.Stream<string, string>("in").LeftJoin(
        builder.GlobalTable<string, string>("rows"), (_, v) => v, (v, row) => $"{v} {row?.Value}").To("out");

    private static void Outer(StreamsBuilder builder) => builder.Stream<string, string>("l").OuterJoin(
        builder.Stream<string, string>("r"),
        (key, l, r) => $"{key} {l?.Value ?? "-"}+{r?.Value ?? "-"}",
        JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)),
        new() { StoreName = "pairs" }).To("joined");

    private static IReadOnlyList<string> Read(EngineHarness harness, string topic) =>
        [.. harness.Probe.ReadAll(topic).Select(r => Encoding.UTF8.GetString(r.Message.Value))];
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedJoinTests(EmbeddedFixture fixture) : JoinTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheJoinTests(ApacheFixture fixture) : JoinTests(fixture);
