using System.Runtime.CompilerServices;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/windows.md and of the comments on windows, compiled and run.</summary>
public sealed class WindowGuideTests
{
    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Sessions()
    {
        var builder = new StreamsBuilder();
        var clicks = builder.Stream<string, string>("clicks");

        var sessions = SessionWindows.Of(gap: TimeSpan.FromMinutes(30), grace: TimeSpan.FromMinutes(1));

        clicks.GroupByKey()
            .WindowedBy(sessions)
            .Aggregate(
                () => "",                                       // what each record begins with
                (user, page, path) => path + "/" + page,        // the record
                (user, one, other) => one + other)              // sessions that it joins
            .ToStream(record => record.Key.Key)
            .To("paths");

        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        var input = driver.CreateInputTopic("clicks", Serdes.String, Serdes.String);
        input.Pipe("alice", "home", Start);
        input.Pipe("alice", "cart", Start.AddMinutes(10));
        input.Pipe("alice", "home", Start.AddMinutes(50));

        var paths = driver.CreateOutputTopic("paths", Serdes.String, Serdes.String).ReadAll();
        Assert.Equal(["/home", null, "/home/cart", "/home"], paths.Select(record => record.HasValue ? record.Value : null));
    }

    [Fact]
    public void Results_once_when_windows_close()
    {
        var builder = new StreamsBuilder();
        var logins = builder.Stream<string, string>("logins");

        logins.GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), grace: TimeSpan.FromSeconds(10)))
            .EmitStrategy(EmitStrategy.OnWindowClose)
            .Count()
            .ToStream(record => record.Key.Key)
            .To("logins-per-minute");

        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        var input = driver.CreateInputTopic("logins", Serdes.String, Serdes.String);
        input.Pipe("alice", "ok", Start);
        input.Pipe("alice", "ok", Start.AddSeconds(59));
        input.Pipe("bob", "ok", Start.AddSeconds(70));

        var counts = driver.CreateOutputTopic("logins-per-minute", Serdes.String, Serdes.Int64).ReadKeyValues();
        Assert.Equal([("alice", 2L)], counts.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Comments_on_windows()
    {
        var builder = new StreamsBuilder();
        var numbers = builder.Stream<string, long>("numbers").GroupByKey();
        var windows = SlidingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1));
        var sessions = SessionWindows.Of(gap: TimeSpan.FromMinutes(30), grace: TimeSpan.FromMinutes(1));

        numbers.WindowedBy(UnlimitedWindows.StartingAt(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))).Count();
        numbers.WindowedBy(windows).Count();
        numbers.WindowedBy(windows).Reduce(Math.Max);
        numbers.WindowedBy(windows).Aggregate(() => 0L, (symbol, price, sum) => sum + price);
        numbers.WindowedBy(windows).EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream().To("bursts");
        numbers.WindowedBy(sessions).Count(new() { Name = "clicks-per-visit" });
        numbers.WindowedBy(sessions).Reduce((highest, bid) => bid > highest ? bid : highest);
        numbers.WindowedBy(sessions).Aggregate(
            () => 0L, (customer, order, total) => total + order, (customer, one, other) => one + other);
        numbers.WindowedBy(sessions).EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream().To("visits");

        Assert.Contains("clicks-per-visit", builder.Build().Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows.md", 2)]
    public void Every_snippet_of_a_page_stands_in_this_file(string page, int count)
    {
        var source = Normalized(File.ReadAllLines(ThisFile()));
        var guide = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/guide", page));
        var snippets = guide.Split("```csharp\n").Skip(1).Select(part => part.Split("```")[0]).ToList();

        Assert.Equal(count, snippets.Count);
        Assert.All(
            snippets,
            snippet => Assert.Contains(Normalized(snippet.Split('\n')), source, StringComparison.Ordinal));
    }

    private static string Normalized(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
