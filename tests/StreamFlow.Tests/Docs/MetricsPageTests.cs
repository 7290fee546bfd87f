using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using StreamFlow.Measuring;
using StreamFlow.Tests.Architecture;
using StreamFlow.Tests.Measuring;
using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Docs;

/// <summary>docs/reference/metrics.md has every instrument as it is published, and nothing that is not there any more.</summary>
public sealed partial class MetricsPageTests
{
    private static readonly List<Match> Rows = [.. Row().Matches(File.ReadAllText(SourceTree.FullPath("docs/reference/metrics.md"))).Select(m => m)];

    [Theory]
    [InlineData(MetricsLevel.Info)]
    [InlineData(MetricsLevel.Debug)]
    public void Instruments_and_rows_are_the_same(MetricsLevel level)
    {
        using var measured = new Measured($"page-{level}");
        using var meter = new ApplicationMeter($"page-{level}", level);

        var published = measured.Instruments.Values.Select(i => $"{i.Name} {KindOf(i)} {i.Unit}").Order(StringComparer.Ordinal);
        var documented = Rows.Where(r => level == MetricsLevel.Debug || r.Groups["level"].Value == "Info")
            .Select(r => $"{r.Groups["name"].Value} {r.Groups["kind"].Value} {r.Groups["unit"].Value}").Order(StringComparer.Ordinal);

        Assert.True(measured.Instruments.Count > 40, $"Only {measured.Instruments.Count} instruments.");
        Assert.Equal(documented, published);
    }

    [Fact]
    public async Task Measurements_have_the_tags_of_their_rows()
    {
        await using var harness = new AppHarness(("in", 1), ("table", 1), ("out", 1));
        using var measured = new Measured("page");
        var application = await harness.StartAsync(Topology, options =>
        {
            options.ApplicationId = "page";
            options.MetricsLevel = MetricsLevel.Debug;
        });
        harness.Send("in", 0, "k", "v");
        harness.Send("table", 0, "k", "v");
        await AppHarness.Until(() => measured.Sum("streamflow.suppress.buffered") == 1, "an update that is held back");
        await AppHarness.Until(() => measured.Sum("streamflow.consumer.lag") == 0, "the lag");
        await AppHarness.Until(() => measured.Pushed.Any(m => m.Name == "streamflow.sink.latency"), "the result");
        var looked = measured.Look();
        await application.StopAsync();

        var seen = looked.Concat(measured.Pushed)
            .GroupBy(m => m.Name).ToDictionary(g => g.Key, g => g.SelectMany(m => m.Tags.Keys).Except([ApplicationMeter.ApplicationTag]).Order());
        var rows = Rows.ToDictionary(r => r.Groups["name"].Value, r => Tag().Matches(r.Groups["tags"].Value).Select(m => m.Groups[1].Value).Order());

        Assert.True(seen.Count > 35, $"Only {string.Join(", ", seen.Keys)} were measured.");

        // A task that is at no record has no topic and partition there.
        SourceTree.AssertNone(seen.Where(s => s.Key == "streamflow.task.record_seconds" ? s.Value.Except(rows[s.Key]).Any() : !s.Value.SequenceEqual(rows[s.Key])).Select(s => $"{s.Key}: {string.Join(", ", s.Value)}"));
    }

    private static void Topology(StreamsBuilder builder)
    {
        builder.Stream<string, string>("in").GroupByKey().Count().ToStream().MapValues((_, count) => $"{count}").To("out");
        builder.Table<string, string>("table")
            .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromSeconds(10), new() { MaxRecords = 10 }))
            .ToStream().To("out");
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "ObservableGauge" => "gauge",
        "Histogram" => "histogram",
        var other => other,
    };

    [GeneratedRegex(@"^\| `(?<name>streamflow\.[\w.]+)` \| (?<kind>\w+) \| `(?<unit>[^`]+)` \| (?<tags>[^|]*)\| (?<level>\w+) \| (?<what>[^|]{5,}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Tag();
}
