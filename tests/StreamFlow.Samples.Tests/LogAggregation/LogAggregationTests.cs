using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using StreamFlow.Samples.LogAggregation;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.LogAggregation;

public sealed class LogAggregationTests : IDisposable
{
    private static readonly LogLine Error = new("shop", LogLevel.Error, "Worker", "timeout\nafter 3 s");
    private static readonly LogLine Info = Error with { Level = LogLevel.Information };
    private readonly string _folder = Directory.CreateTempSubdirectory("log-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Lines_and_errors_are_counted_per_service_and_minute()
    {
        using var driver = Driver(Pipeline.Describe);
        var shop = driver.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("shop"));
        var mail = driver.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("mail"));
        shop.Pipe("shop", Info, 1_000);
        shop.Pipe("shop", Error, 59_999);
        shop.Pipe("shop", Error, 60_000);
        mail.Pipe("mail", Info, 2_000);

        Assert.Equal(
            [("mail", 0L, new LogCount(1, 0)), ("shop", 0, new LogCount(2, 1)), ("shop", 60_000, new LogCount(1, 1))],
            driver.GetWindowStore<string, LogCount>("per-minute").All().Select(r => (r.Key.Key, r.Key.Window.Start, r.Value.Value)).Order());
    }

    [Fact]
    public void Twenty_errors_within_ten_seconds_are_a_spike_and_nineteen_are_none()
    {
        using var driver = Driver(Pipeline.Describe);
        var shop = driver.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("shop"));
        var spikes = driver.CreateOutputTopic<string, Spike>(Pipeline.Spikes);
        for (var i = 0; i < 19; i++)
        {
            shop.Pipe("shop", Error, 100_000 + (i * 500));
            shop.Pipe("shop", Info, 100_000 + (i * 500));
        }

        shop.Pipe("shop", Error, 110_001);
        Assert.True(spikes.IsEmpty);
        shop.Pipe("shop", Error, 110_001);
        Assert.Contains(20, spikes.ReadAll().Select(s => s.Value.Errors));
    }

    [Fact]
    public void What_is_written_again_after_a_crash_takes_its_own_place()
    {
        using var driver = Driver(b => LogFiles.Describe(b, _folder));
        var shop = driver.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("shop"));
        Pipe(0, 5);
        driver.Commit();
        Pipe(5, 8);
        var before = LogFiles.ReadAll(_folder).ToList();
        driver.Crash();
        Assert.Equal(before, LogFiles.ReadAll(_folder));
        Pipe(8, 10);

        var lines = LogFiles.ReadAll(_folder).ToList();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i:D12}"), lines.Select(l => l.Line[..12]));
        Assert.Equal(Path.Combine("shop", "1970-01-01T00", "000-000000000000.log"), lines[0].File);
        Assert.EndsWith(@"ERROR Worker: timeout\nafter 3 s", lines[0].Line, StringComparison.Ordinal);

        void Pipe(int from, int to) => Enumerable.Range(from, to - from).ToList().ForEach(i => shop.Pipe("shop", Error, i));
    }

    [Fact]
    public void A_line_that_was_cut_short_is_written_again()
    {
        using (var driver = Driver(b => LogFiles.Describe(b, _folder)))
        {
            driver.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("shop")).Pipe("shop", Error, 1);
        }

        var file = Directory.EnumerateFiles(_folder, "*.log", SearchOption.AllDirectories).Single();
        var whole = File.ReadAllText(file);
        File.WriteAllText(file, whole[..9]);
        using var again = Driver(b => LogFiles.Describe(b, _folder));
        again.CreateInputTopic<string, LogLine>(Pipeline.TopicOf("shop")).Pipe("shop", Error, 1);
        Assert.Equal(whole, ReadShared(file));
    }

    [Fact]
    public async Task A_run_ends_with_books_that_balance()
    {
        var output = await SampleRuns.BalancedAsync(new LogAggregationSample(), new SampleSettings { Count = 6_000, Port = 0, Plain = true });
        Assert.Contains("  ok        lines in files, each once: 6,000\n", output, StringComparison.Ordinal);
        Assert.Contains("  ok        spikes, with most errors within 10 s: 1\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_can_be_searched_and_a_line_that_is_lost_from_them_is_noticed()
    {
        await using var sample = await SampleRuns.StartAsync(
            new LogAggregationSample(), new SampleSettings { Port = 0, Rate = 500, Plain = true, Patience = TimeSpan.FromSeconds(3) });
        JsonArray? found = null;
        await Until.TrueAsync(
            async () => (found = await sample.Http.GetFromJsonAsync<JsonArray>(
                new Uri("search?service=mail&text=ORDER%204711", UriKind.Relative)))!.Count > 0,
            "a line of the order is in a file");
        Assert.All(found!, f => Assert.Contains("order 4711", f!["line"]!.GetValue<string>(), StringComparison.Ordinal));
        Assert.All(found!, f => Assert.StartsWith("mail", f!["file"]!.GetValue<string>(), StringComparison.Ordinal));

        var folder = Path.Combine(sample.Run.StateDirectory, "log-files", "mail");
        var file = Directory.EnumerateFiles(folder, "*.log", SearchOption.AllDirectories).First();
        File.Delete(file);
        var output = await sample.StopAsync();
        Assert.Contains("MISMATCH  lines in files, each once", output, StringComparison.Ordinal);
        Assert.EndsWith("\nNOT BALANCED\n", output, StringComparison.Ordinal);
    }

    private static TopologyTestDriver Driver(Action<StreamsBuilder> describe)
    {
        var builder = new StreamsBuilder();
        describe(builder);
        return new TopologyTestDriver(builder.Build());
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
