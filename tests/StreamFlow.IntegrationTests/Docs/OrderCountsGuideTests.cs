using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Docs;

/// <summary>The commands of docs/guide/order-counts.md, run as they stand there but for the broker's address.</summary>
public abstract partial class OrderCountsGuideTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task Kcat_feeds_orders_by_hand_and_reads_their_counts()
    {
        ExternalTool.Require("kcat", "-V");
        var cluster = await fixture.FreshAsync();
        using var state = new TempFolder();
        using var worker = WorkerProcess.StartWorker(cluster, "by-hand", state.Path, TimeSpan.FromSeconds(30));
        await worker.UntilRunningAsync();

        await RunAsync("produce", cluster);
        var output = "";
        await Until.TrueAsync(
            async () => Count(output = await RunAsync("consume", cluster), "books") == (2, 3250)
                && Count(output, "coffee") == (1, 480),
            "the counts of the guide",
            () => output + worker.Output);
        Assert.Contains("topic \"orders\" with 4 partitions", await RunAsync("lag", cluster), StringComparison.Ordinal);
        Assert.Equal(0, await worker.TerminateAsync());
    }

    /// <summary>
    /// The sum over windows: one may begin between two orders. A window's start can hold a line feed, so only the part
    /// before it is looked at.
    /// </summary>
    private static (long Count, long Cents) Count(string output, string category) => Row().Matches(output)
        .Where(m => m.Groups["category"].Value == category)
        .GroupBy(m => m.Groups["window"].Value)
        .Select(window => window.Last())
        .Aggregate((0L, 0L), (sum, row) => (sum.Item1 + Number(row, "count"), sum.Item2 + Number(row, "cents")));

    private static long Number(Match match, string group) =>
        long.Parse(match.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<string> RunAsync(string step, TestCluster cluster)
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "guide", "order-counts.md"));
        var match = Regex.Match(guide, $"<!-- test: {step} -->\n```sh\n(?<command>.*?)```", RegexOptions.Singleline);
        Assert.True(match.Success, $"The guide has no step '{step}'.");
        var command = match.Groups["command"].Value.Replace("127.0.0.1:9092", cluster.BootstrapServers, StringComparison.Ordinal);
        var (exitCode, output) = await ExternalTool.RunAsync("bash", ["-c", command]);
        Assert.True(exitCode == 0, $"{command}\n{output}");
        return output;
    }

    [GeneratedRegex(@"\{""count"":(?<count>\d+),""cents"":(?<cents>\d+)\} (?<category>books|coffee)(?<window>[^{]*)")]
    private static partial Regex Row();
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedOrderCountsGuideTests(EmbeddedFixture fixture) : OrderCountsGuideTests(fixture);

[Collection(ApacheSampleGroup.Name)]
public sealed class ApacheOrderCountsGuideTests(ApacheFixture fixture) : OrderCountsGuideTests(fixture);
