using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of the pages about windows, suppression and cogroups, and of the comments on them, compiled and run.</summary>
public sealed partial class WindowGuideTests
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
        input.Pipe("alice", "home", At(0));
        input.Pipe("alice", "cart", At(600));
        input.Pipe("alice", "home", At(3000));

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
        input.Pipe("alice", "ok", At(0));
        input.Pipe("alice", "ok", At(59));
        input.Pipe("bob", "ok", At(70));

        var counts = driver.CreateOutputTopic("logins-per-minute", Serdes.String, Serdes.Int64).ReadKeyValues();
        Assert.Equal([("alice", 2L)], counts.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Suppression()
    {
        var builder = new StreamsBuilder();
        var clicks = builder.Stream<string, string>("clicks");
        var visits = builder.Table<string, string>("all-visits");

        clicks.GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), grace: TimeSpan.FromSeconds(10)))
            .Count()
            .Suppress(Suppressed.UntilWindowCloses())           // one result for each window
            .ToStream(record => record.Key.Key)
            .To("clicks-per-minute");

        visits.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMinutes(5), new() { MaxRecords = 10_000 }))
            .ToStream()
            .To("visits");                                      // at most one update per key in five minutes

        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        var input = driver.CreateInputTopic("clicks", Serdes.String, Serdes.String);
        input.Pipe("alice", "home", At(0));
        input.Pipe("alice", "cart", At(10));
        input.Pipe("bob", "home", At(70));
        var all = driver.CreateInputTopic("all-visits", Serdes.String, Serdes.String);
        all.Pipe("alice", "1", At(0));
        all.Pipe("alice", "2", At(299));
        all.Pipe("bob", "1", At(300));

        Assert.Equal(
            [("alice", 2L)],
            driver.CreateOutputTopic("clicks-per-minute", Serdes.String, Serdes.Int64).ReadKeyValues().Select(p => (p.Key, p.Value)));
        Assert.Equal(
            [("alice", "2")],
            driver.CreateOutputTopic("visits", Serdes.String, Serdes.String).ReadKeyValues().Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void Cogroup()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new JsonSerde<Order>(Json.Default.Order)).Add(new JsonSerde<Visit>(Json.Default.Visit));
        var clicks = builder.Stream<string, string>("clicks");
        var orders = builder.Stream<string, Order>("orders");

        KTable<string, Visit> visits = clicks.GroupByKey()
            .Cogroup<Visit>((user, click, visit) => visit with { Clicks = visit.Clicks + 1 })
            .Cogroup(orders.GroupByKey(), (user, order, visit) => visit with { Spent = visit.Spent + order.Amount })
            .Aggregate(() => new Visit(0, 0), new() { Name = "visits" });

        clicks.GroupByKey()
            .Cogroup<Visit>((user, click, visit) => visit with { Clicks = visit.Clicks + 1 })
            .Cogroup(orders.GroupByKey(), (user, order, visit) => visit with { Spent = visit.Spent + order.Amount })
            .WindowedBy(SessionWindows.Of(gap: TimeSpan.FromMinutes(30), grace: TimeSpan.FromMinutes(1)))
            .Aggregate(() => new Visit(0, 0), (user, one, other) => new Visit(one.Clicks + other.Clicks, one.Spent + other.Spent));

        visits.ToStream().To("visits");
        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        driver.CreateInputTopic("clicks", Serdes.String, Serdes.String).Pipe("alice", "home", At(0));
        driver.CreateInputTopic("orders", Serdes.String, new JsonSerde<Order>(Json.Default.Order)).Pipe("alice", new Order(5), At(1));

        var output = driver.CreateOutputTopic("visits", Serdes.String, new JsonSerde<Visit>(Json.Default.Visit));
        Assert.Equal([new Visit(1, 0), new Visit(1, 5)], output.ReadKeyValues().Select(pair => pair.Value));
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
        numbers.Cogroup<long>((user, click, seen) => seen + 1).Aggregate(() => 0L);
        var totals = numbers.Count();
        totals.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMinutes(5), new() { MaxRecords = 10_000 }) with { Name = "calm" });
        totals.Suppress(Suppressed.UntilTimeLimit(
            TimeSpan.Zero, new BufferConfig { MaxRecords = 10_000, WhenFull = BufferFullStrategy.EmitEarly }));
        numbers.WindowedBy(windows).Count().Suppress(Suppressed.UntilWindowCloses()).ToStream().To("clicks-per-minute");

        Assert.Contains("clicks-per-visit", builder.Build().Describe(), StringComparison.Ordinal);
    }

    private static long At(int seconds) => Start.AddSeconds(seconds).ToUnixTimeMilliseconds();

    private sealed record Order(long Amount);

    private sealed record Visit(long Clicks, long Spent);

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Visit))]
    private sealed partial class Json : JsonSerializerContext;
}
