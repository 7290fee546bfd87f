using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>
/// Slow records on a real client: a thread with much to do must neither miss the timeout of its transaction nor the poll
/// interval of its consumer, whose limits are short here so that the backlog may be small.
/// </summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class TurnTests(EmbeddedFixture fixture)
{
    /// <summary>One round over all records takes more than 3 seconds, of which a transaction has 2.</summary>
    [SkippableFact]
    public async Task Twelve_tasks_at_a_millisecond_per_record_make_progress_with_exactly_once()
    {
        const int PerTask = 250;
        await using var harness = await PrepareAsync(partitions: 12, PerTask);
        var application = await harness.StartAsync(Slow(milliseconds: 1), new()
        {
            Id = "twelve",
            Configure = options =>
            {
                options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
                options.TransactionTimeout = TimeSpan.FromSeconds(2);
                options.TaskTimeout = TimeSpan.FromSeconds(10);
            },
        });

        await harness.UntilNoLagAsync("twelve", "in");
        await application.StopAsync();

        AssertEachOnce(harness, 12 * PerTask);
    }

    /// <summary>One round over all records takes 12 seconds, of which the poll interval is 5.</summary>
    [SkippableFact]
    public async Task A_hundred_tasks_at_three_milliseconds_per_record_stay_members_of_their_group()
    {
        const int PerTask = 40;
        await using var harness = await PrepareAsync(partitions: 100, PerTask);
        var application = await harness.StartAsync(Slow(milliseconds: 3), new()
        {
            Id = "hundred",
            Consumer = new() { ["session.timeout.ms"] = "5000", ["max.poll.interval.ms"] = "5000" },
        });

        await harness.UntilNoLagAsync("hundred", "in");
        await application.StopAsync();

        Assert.DoesNotContain("(lost)", harness.LogText, StringComparison.Ordinal);
        AssertEachOnce(harness, 100 * PerTask);
    }

    private static Action<StreamsBuilder> Slow(int milliseconds) =>
        builder => builder.Stream<string, string>("in").Peek((_, _) => Thread.Sleep(milliseconds)).To("out");

    private async Task<EngineHarness> PrepareAsync(int partitions, int perTask)
    {
        var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(partitions, "in");
        await harness.Probe.CreateTopicsAsync(1, "out");
        harness.Probe.Produce("in", [.. Enumerable.Range(0, partitions * perTask).Select(i => ($"k{i}", $"{i}", 1L))]);
        return harness;
    }

    private static void AssertEachOnce(EngineHarness harness, int count)
    {
        var values = harness.Probe.ReadAll("out").Select(r => int.Parse(
            Encoding.UTF8.GetString(r.Message.Value), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(Enumerable.Range(0, count), values.Order());
    }
}
