using System.Globalization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>
/// A small topology for each kind of state that a task can have. Each reads the topics <c>a</c> and <c>b</c> (and <c>g</c>, a
/// global table) and writes <c>out</c>, so that what is remembered wrongly shows in what comes out.
/// </summary>
internal static class StoreScenarios
{
    private static readonly TimeSpan Ten = TimeSpan.FromMilliseconds(10);
    private static readonly JoinWindows Near = JoinWindows.Of(Ten, grace: TimeSpan.FromMilliseconds(5));

    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new()
    {
        ["count"] = b => A(b).GroupByKey().Count().ToStream().MapValues(Text).To("out"),
        ["table"] = b => Table(b, "a").ToStream().Merge(B(b)).FilterNot((_, v) => v is null).GroupByKey().Reduce((x, y) => y + x).ToStream().To("out"),
        ["filtered table"] = b => Table(b, "a").Filter((_, v) => v.Length != 2, new() { Name = "kept" }).ToStream().To("out"),
        ["repartitioned"] = b => A(b).SelectKey((_, v) => v).GroupByKey().Count().ToStream().MapValues(Text).To("out"),
        ["grouped table"] = b => Table(b, "a").GroupBy((k, v) => ("all", v)).Reduce((x, y) => x + y, (x, y) => x + "-" + y).ToStream().To("out"),
        ["windows"] = b => A(b).GroupByKey().WindowedBy(TumblingWindows.Of(Ten, Ten)).Count().ToStream(Window).MapValues(Text).To("out"),
        ["sliding windows"] = b => A(b).GroupByKey().WindowedBy(SlidingWindows.Of(Ten, Ten)).Count().ToStream(Window).MapValues(Text).To("out"),
        ["windows on close"] = b => A(b).GroupByKey().WindowedBy(TumblingWindows.Of(Ten, Ten))
            .EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream(Window).MapValues(Text).To("out"),
        ["sliding windows on close"] = b => A(b).GroupByKey().WindowedBy(SlidingWindows.Of(Ten, Ten))
            .EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream(Window).MapValues(Text).To("out"),
        ["sessions"] = b => A(b).GroupByKey().WindowedBy(SessionWindows.Of(Ten, Ten)).Count().ToStream(Window).MapValues(Text).To("out"),
        ["sessions on close"] = b => A(b).GroupByKey().WindowedBy(SessionWindows.Of(Ten, Ten))
            .EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream(Window).MapValues(Text).To("out"),
        ["suppressed windows"] = b => A(b).GroupByKey().WindowedBy(TumblingWindows.Of(Ten, Ten)).Count()
            .Suppress(Suppressed.UntilWindowCloses()).ToStream(Window).MapValues(Text).To("out"),
        ["suppressed table"] = b => Table(b, "a").Suppress(Suppressed.UntilTimeLimit(Ten)).ToStream().To("out"),
        ["cogroup"] = b => A(b).GroupByKey().Cogroup<string>((_, v, sum) => sum + v).Cogroup(B(b).GroupByKey(), (_, v, sum) => v + "," + sum)
            .Aggregate(() => "").ToStream().To("out"),
        ["join of streams"] = b => A(b).Join(B(b), (x, y) => x + "+" + y, Near).To("out"),
        ["outer join of streams"] = b => A(b).OuterJoin(B(b), (x, y) => $"{x?.Value}+{y?.Value}", Near).To("out"),
        ["join with a table"] = b => A(b).LeftJoin(Table(b, "b"), (x, y) => $"{x}+{y?.Value}").To("out"),
        ["join of tables"] = b => Table(b, "a").OuterJoin(Table(b, "b"), (x, y) => $"{x?.Value}+{y?.Value}").ToStream().To("out"),
        ["join by a foreign key"] = b => Table(b, "a")
            .LeftJoin(Table(b, "b"), (_, v) => v.Length > 0 ? v[..1] : null, (x, y) => $"{x}+{y?.Value}").ToStream().To("out"),
        ["versioned table"] = b => A(b).LeftJoin(
            b.Table<string, string>("b", materialized: new() { Name = "versions", History = TimeSpan.FromSeconds(1) }),
            (x, y) => $"{x}+{y?.Value}").To("out"),
        ["join that waits for rows"] = b => A(b).LeftJoin(
            b.Table<string, string>("b", materialized: new() { Name = "versions", History = TimeSpan.FromSeconds(1) }),
            (x, y) => $"{x}+{y?.Value}", new() { Name = "waiting", GracePeriod = Ten }).To("out"),
        ["global table"] = b => A(b).LeftJoin(b.GlobalTable<string, string>("g"), (_, v) => v[..1], (x, y) => $"{x}+{y?.Value}").To("out"),
        ["processor"] = b => Probe(b, new KeyValueStoreBuilder<string, string>("store"), () => new StoreProbes.KeyValue()),
        ["processor with headers"] = b => Probe(b, new KeyValueStoreWithHeadersBuilder<string, string>("store"), () => new StoreProbes.WithHeaders()),
        ["processor with windows"] = b => Probe(
            b, new WindowStoreBuilder<string, string>("store", Ten, Ten * 4), () => new StoreProbes.Window()),
        ["processor with duplicates"] = b => Probe(
            b, new WindowStoreBuilder<string, string>("store", Ten, Ten * 4) { KeepsDuplicates = true }, () => new StoreProbes.Window()),
        ["processor with sessions"] = b => Probe(b, new SessionStoreBuilder<string, string>("store", Ten * 4), () => new StoreProbes.Session()),
        ["processor with versions"] = b => Probe(
            b, new VersionedStoreBuilder<string, string>("store", Ten * 4), () => new StoreProbes.Versioned()),
        ["wall clock"] = b => Probe(b, new KeyValueStoreBuilder<string, string>("store"), () => new StoreProbes.Punctuated()),
    };

    /// <summary>Records with ties, late ones and deletions, over enough time to close what waits.</summary>
    public static IReadOnlyList<(string Topic, string Key, string? Value, long Time)> Feed { get; } =
    [
        ("g", "x", "gx", 100), ("a", "k", "x1", 100), ("b", "k", "y1", 102), ("b", "x", "bx", 103), ("a", "k", "x2", 104),
        ("a", "l", "y1", 104), ("g", "y", "gy", 105), ("b", "k", "y2", 106), ("a", "l", "y", 109), ("b", "k", null, 111),
        ("a", "k", "x34", 108), ("g", "x", "gx2", 112), ("a", "m", "x5", 118), ("b", "m", "z1", 115), ("a", "k", null, 120),
        ("a", "l", "x6", 121), ("b", "y", "by", 125), ("a", "k", "x7", 101), ("b", "l", "y3", 131), ("a", "m", "y8", 144),
        ("b", "z", "end", 200), ("a", "z", "x9", 220), ("a", "z", "x10", 260), ("b", "z", "end2", 300), ("a", "z", "x11", 300),
    ];

    /// <summary>Records of few keys, a third of them late, and in the end such that close what waits.</summary>
    public static IReadOnlyList<(string Topic, string Key, string? Value, long Time)> RandomFeed(int seed)
    {
        var random = new Random(seed);
        var (feed, now) = (new List<(string, string, string?, long)>(), 100L);
        for (var i = 0; i < 60; i++)
        {
            now += random.Next(12) == 0 ? 60 : random.Next(5);
            var time = random.Next(3) == 0 ? now - random.Next(25) : now;
            var value = random.Next(9) == 0 ? null : "xyz"[random.Next(3)] + i.ToString(CultureInfo.InvariantCulture);
            feed.Add(("aabbg"[random.Next(5)].ToString(), "klmxyz"[random.Next(6)].ToString(), value, time));
        }

        return [.. feed, ("a", "k", "x-end", now + 100), ("b", "k", "y-end", now + 200), ("a", "k", "x-end", now + 300)];
    }

    public static TheoryData<string> Names => [.. All.Keys];

    public static Topology Build(string name, StoreType type)
    {
        var builder = new StreamsBuilder { DefaultStoreType = type };
        All[name](builder);
        return builder.Build();
    }

    private static KStream<string, string> A(StreamsBuilder builder) => builder.Stream<string, string>("a").FilterNot((_, v) => v is null);

    private static KStream<string, string> B(StreamsBuilder builder) => builder.Stream<string, string>("b").FilterNot((_, v) => v is null);

    private static KTable<string, string> Table(StreamsBuilder builder, string topic) =>
        builder.Table<string, string>(topic, materialized: new() { Name = topic + "-table" });

    private static void Probe(StreamsBuilder builder, StoreBuilder store, Func<IProcessor<string, string, string, string>> probe)
    {
        builder.AddStateStore(store);
        A(builder).Process(() => probe(), new() { StoreNames = ["store"] }).To("out");
    }

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Window<T>(Record<Windowed<string>, T> record) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.Key.Key}@{record.Key.Window.Start}-{record.Key.Window.End}");
}
