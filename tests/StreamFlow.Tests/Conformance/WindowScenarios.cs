using System.Globalization;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Conformance;

/// <summary>Sliding and session windows, and results that are sent when their windows close.</summary>
internal static class WindowScenarios
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new(StringComparer.Ordinal)
    {
        ["C29 sliding"] = b => Concat(b, Sliding(10, 0)),
        ["C29 session"] = b => CountSessions(b, 10, 0),
        ["C30"] = b => Out(Grouped(b).WindowedBy(Hopping(10, 5, 5)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Aggregate(() => "0", Plus, new() { Name = "s" })),
        ["C31 late triggers? throttle"] = b => Out(Grouped(b).WindowedBy(Tumbling(10, 0))
            .EmitStrategy(EmitStrategy.OnWindowClose).Aggregate(() => "0", Plus, new() { Name = "s" })),
        ["C33"] = b => Grouped(b).WindowedBy(UnlimitedWindows.StartingAt(DateTimeOffset.UnixEpoch.AddMilliseconds(10)))
            .Count(new() { Name = "s" }).ToStream()
            .Map((k, v) => ($"{k.Key}[{k.Window.Start}/{(k.Window.End == long.MaxValue ? "MAX" : "?")}]", Number(v))).To("out"),
        ["C35 session"] = b => Grouped(b).WindowedBy(Sessions(10, 0)).Count(new() { Name = "s" }).ToStream()
            .To("o", new() { KeySerde = Serdes.SessionWindowed(Serdes.String) }),
        ["C35 onclose changelog"] = b => Grouped(b).WindowedBy(Tumbling(10, 0)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Count(new() { Name = "s" }).ToStream()
            .To("o", new() { KeySerde = Serdes.Windowed(Serdes.String, TimeSpan.FromMilliseconds(10)) }),
        ["C36"] = b => Concat(b, Sliding(10, 5)),
        ["C36 close"] = b => Concat(b, Sliding(10, 5), EmitStrategy.OnWindowClose),
        ["C37"] = b => Concat(b, Sliding(10, 50)),
        ["C38"] = b => Concat(b, Sliding(50, 0)),
        ["C38 close"] = b => Concat(b, Sliding(50, 0), EmitStrategy.OnWindowClose),
        ["C39a"] = b => Concat(b, Sliding(10, 90)),
        ["C39b"] = b => Concat(b, Sliding(10, 0)),
        ["C40"] = b => CountSessions(b, 5, 0),
        ["C40 cached"] = b => CountSessions(b, 5, 0),
        ["C41 close"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["C41 update"] = b => CountSessions(b, 10, 0),
        ["C41 retention 100 ON_WINDOW_CLOSE"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose, retention: 100),
        ["C41 retention 100 ON_WINDOW_UPDATE"] = b => CountSessions(b, 10, 0, retention: 100),
        ["C42"] = b => ConcatSessions(b, Sessions(10, 100)),
        ["C42 nograce"] = b => ConcatSessions(b, Sessions(10, 0)),
        ["C42 inmem"] = b => ConcatSessions(b, Sessions(10, 100), StoreType.InMemory),
        ["C43a"] = b => CountSessions(b, 10, 0),
        ["C43b"] = b => CountSessions(b, 10, 0),
        ["C44"] = b => CountSessions(b, 10, 5),
        ["C46 session reduce"] = b => Out(Grouped(b).WindowedBy(Sessions(10, 0)).Reduce((x, y) => $"{x}|{y ?? "null"}")),
        ["C46 tumbling reduce null"] = b => Out(Grouped(b).WindowedBy(Tumbling(10, 0)).Reduce((x, y) => $"{x}|{y ?? "null"}")),
        ["C50 close"] = b => CountSessions(b, 5, 0, EmitStrategy.OnWindowClose),
        ["C50 raw"] = b => CountSessions(b, 5, 0),
        ["C50 raw inmem"] = b => CountSessions(b, 5, 0, store: StoreType.InMemory),
        ["G06 session gap 0"] = b => Out(Grouped(b).WindowedBy(Sessions(0, 0)).Count(new() { Name = "s" }), k => $"{k}"),
        ["session end==closeTime lookups"] = b => CountSessions(b, 10, 5),
        ["session end==closeTime+1 lookups"] = b => CountSessions(b, 10, 5),
        ["tumbling10 g0 rocks"] = b => Final(b, Tumbling(10, 0)),
        ["tumbling10 g0 mem"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory),
        ["tumbling10 g0 mem ret 11"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory, 11),
        ["tumbling10 g0 mem ret 20"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory, 20),
        ["tumbling10 g0 mem ret 100000"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory, 100_000),
        ["tumbling10 g0 rocks ret 100000"] = b => Final(b, Tumbling(10, 0), retention: 100_000),
        ["tumbling10 g5 rocks"] = b => Final(b, Tumbling(10, 5)),
        ["tumbling10 g5 mem"] = b => Final(b, Tumbling(10, 5), StoreType.InMemory),
        ["tumbling10 g0 rocks slow"] = b => Final(b, Tumbling(10, 0)),
        ["tumbling10 g0 mem slow"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory),
        ["sliding10 g0 rocks jump"] = b => Final(b, Sliding(10, 0)),
        ["sliding10 g0 mem jump"] = b => Final(b, Sliding(10, 0), StoreType.InMemory),
        ["session10 g0 rocks jump"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["session10 g0 mem jump"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose, StoreType.InMemory),
        ["session10 g0 mem slow"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose, StoreType.InMemory),
        ["session10 g0 rocks slow"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["session10 g0 mem ret 100000"] = b =>
            CountSessions(b, 10, 0, EmitStrategy.OnWindowClose, StoreType.InMemory, 100_000),
        ["tumbling10 g0 rocks jump 10 min"] = b => Final(b, Tumbling(10, 0)),
        ["session rocks jump 10 min"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["sliding rocks jump 10 min"] = b => Final(b, Sliding(10, 0)),
        ["tumbling 10s rocks jump 10 min"] = b => Final(b, Tumbling(10_000, 0)),
        ["throttled catch-up, default 1000 ms"] = b => Final(b, Tumbling(10, 0)),
        ["1h tumbling, idle gap 2h, rocks"] = b => Final(b, Tumbling(Hour, 0)),
        ["1h tumbling, grace 1h"] = b => Final(b, Tumbling(Hour, Hour)),
        ["1d tumbling, idle 3d"] = b => Final(b, Tumbling(Day, 0)),
        ["CACHE ON tumbling10 g0 rocks"] = b => Final(b, Tumbling(10, 0)),
        ["CACHE ON tumbling10 g0 mem"] = b => Final(b, Tumbling(10, 0), StoreType.InMemory),
        ["CACHE ON throttled"] = b => Final(b, Tumbling(10, 0)),
        ["CACHE ON 1h idle"] = b => Final(b, Tumbling(Hour, 0)),
        ["CACHE 500 bytes tumbling"] = b => Final(b, Tumbling(10, 0)),
        ["CACHE ON sliding10 g0 rocks"] = b => Final(b, Sliding(10, 0)),
        ["CACHE ON session10 g0 rocks, jump 90 s"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["CACHE ON session10 g0 rocks, jump 200 s"] = b => CountSessions(b, 10, 0, EmitStrategy.OnWindowClose),
        ["session 1h gap, grace 0, jump 3h rocks"] = b => CountSessions(b, Hour, 0, EmitStrategy.OnWindowClose),
        ["CACHE ON session10 mem"] = b =>
            CountSessions(b, 10, 0, EmitStrategy.OnWindowClose, StoreType.InMemory),
        ["default cache, session gap 1h, one record every 2h, ON_WINDOW_CLOSE"] = b =>
            CountSessions(b, Hour, 0, EmitStrategy.OnWindowClose),
        ["default cache, session gap 1h, one record every 75 min"] = b =>
            CountSessions(b, Hour, 0, EmitStrategy.OnWindowClose),
        ["default cache, session gap 1h, one record every 105 min"] = b =>
            CountSessions(b, Hour, 0, EmitStrategy.OnWindowClose),
        ["default cache, tumbling 1h, one record every 2h"] = b => Final(b, Tumbling(Hour, 0)),
        ["cache 0, tumbling 1h, one record every 2h"] = b => Final(b, Tumbling(Hour, 0)),
        ["default cache, sliding 1h, one record every 3h"] = b => Final(b, Sliding(Hour, 0)),
        ["default cache, sliding 1h, pairs every 4h"] = b => Final(b, Sliding(Hour, 0)),
        ["sliding out of order"] = b => Out(Grouped(b).WindowedBy(Sliding(10, 50)).Count(new() { Name = "s" })),
        ["sliding headers cache=10000000"] = b => Out(Grouped(b).WindowedBy(Sliding(10, 50)).Count(new() { Name = "s" })),
        ["sliding changelog cache=10000000"] = b => Grouped(b).WindowedBy(Sliding(10, 50)).Count(new() { Name = "s" }),
        ["session changelog cache=10000000"] = b => b.Stream<string, string>("in").SelectKey((_, v) => v).GroupByKey()
            .WindowedBy(Sessions(10, 0)).Count(new() { Name = "s" })
            .ToStream(r => r.Key.Key).MapValues(Number).To("out"),
        ["windowed key grouped"] = b => Grouped(b).WindowedBy(Tumbling(10, 0)).Count(new() { Name = "s" }).ToStream()
            .GroupByKey(new() { KeySerde = TumblingKeys }).Reduce((_, y) => y, new() { Name = "r" }),
        ["windowed key repartitioned"] = b => Out(Grouped(b).WindowedBy(Tumbling(10, 0)).Count(new() { Name = "s" }).ToStream()
            .Repartition(new() { Name = "g", KeySerde = TumblingKeys })),
        ["session key repartitioned"] = b => Out(Grouped(b).WindowedBy(Sessions(10, 0)).Count(new() { Name = "s" }).ToStream()
            .Repartition(new() { Name = "g", KeySerde = Serdes.SessionWindowed(Serdes.String) })),
        ["suppress with default key serde"] = b => Out(
            Grouped(b).WindowedBy(Tumbling(10, 0)).Count().Suppress(Suppressed.UntilWindowCloses()), k => $"{k}"),
        ["onclose inmem"] = b => Out(
            Grouped(b).WindowedBy(Tumbling(10, 0)).EmitStrategy(EmitStrategy.OnWindowClose).Count(Kept(StoreType.InMemory, null)), k => $"{k}"),
        ["onclose session with plain rocks supplier"] = b => FinalSessions(b, StoreType.Persistent),
        ["onclose session with in-memory supplier"] = b => FinalSessions(b, StoreType.InMemory),
        ["onclose time window with plain rocks supplier"] = b => Out(
            Grouped(b).WindowedBy(Tumbling(10, 0)).EmitStrategy(EmitStrategy.OnWindowClose).Count(Kept(StoreType.Persistent, 10)), k => $"{k}"),
        ["C47"] = b => Out(Grouped(b).WindowedBy(Tumbling(2, 1)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C47b"] = b => Out(Grouped(b).WindowedBy(Tumbling(2, 2)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C48"] = b => Out(Grouped(b).WindowedBy(Sessions(5, 0)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C49"] = b => Out(Grouped(b).WindowedBy(Sliding(5, 15)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C50"] = b => Out(Grouped(b).WindowedBy(Sessions(5, 0)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C50 sliding"] = b => Out(Grouped(b).WindowedBy(Sliding(5, 0)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C41 suppress reopen"] = b =>
            Out(Grouped(b).WindowedBy(Sessions(10, 0)).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["C51 2"] = b => Text(ByValue(b).Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(2)))).To("out"),
        ["C51 0"] = b => Text(ByValue(b).Suppress(Suppressed.UntilTimeLimit(TimeSpan.Zero))).To("out"),
        ["C52"] = b => Text(ByValue(b).Suppress(Suppressed.UntilTimeLimit(TimeSpan.MaxValue, new() { MaxRecords = 1 }))).To("out"),
        ["C53"] = b => Out(Grouped(b).WindowedBy(Tumbling(10, 0)).Count().Suppress(
            Suppressed.UntilWindowCloses(new() { MaxRecords = 1, WhenFull = BufferFullStrategy.ShutDown }))),
        ["suppress early, records 1"] = b => Held(b, 1000, new() { MaxRecords = 1 }).ToStream().To("out"),
        ["suppress early, records 2"] = b => Held(b, 1000, new() { MaxRecords = 2 }).ToStream().To("out"),
        ["suppress early, bytes 40"] = b => Held(b, 1000, new() { MaxBytes = 40 }).ToStream().To("out"),
        ["suppress early, bytes 80"] = b => Held(b, 1000, new() { MaxBytes = 80 }).ToStream().To("out"),
        ["suppress early, bytes 120"] = b => Held(b, 1000, new() { MaxBytes = 120 }).ToStream().To("out"),
        ["suppress filter behind"] = b => Held(b, 10).Filter((_, v) => v != "no").ToStream().To("out"),
        ["suppress join behind"] = b =>
        {
            var held = Held(b, 10);
            b.Stream<string, string>("L").LeftJoin(held, (v, row) => $"{v}-{row?.Value ?? "null"}").To("out");
        },
        ["C21"] = b => Group(b, "one").Cogroup<string>((_, v, a) => $"{a}-{v}").Cogroup(Group(b, "two"), Plus)
            .Aggregate(() => "0", new() { Name = "s" }).ToStream().To("out"),
        ["cogroup time windows"] = b => Out(Cogroup(b).WindowedBy(Tumbling(10, 5)).Aggregate(() => "0", new() { Name = "s" })),
        ["cogroup time windows drift"] = b =>
            Out(Cogroup(b).WindowedBy(Tumbling(10, 0)).Aggregate(() => "0", new() { Name = "s" })),
        ["cogroup sliding windows"] = b =>
            Out(Cogroup(b).WindowedBy(Sliding(10, 5)).Aggregate(() => "0", new() { Name = "s" })),
        ["cogroup session windows"] = b => Out(Cogroup(b).WindowedBy(Sessions(10, 5))
            .Aggregate(() => "0", (_, x, y) => $"{x}&{y}", new() { Name = "s" })),
        ["cogroup cache=10000000"] = b => Cogroup(b).Aggregate(() => "0", new() { Name = "s" }).ToStream().To("out"),
    };

    /// <summary>What the headings say in words.</summary>
    private static readonly Dictionary<string, long> CacheBytes = All.Keys
        .Where(name => name.StartsWith("CACHE ON", StringComparison.Ordinal) || name.StartsWith("default cache", StringComparison.Ordinal)
            || name.StartsWith("session 1h gap", StringComparison.Ordinal))
        .Select(name => (name, bytes: 10_485_760L))
        .Append(("CACHE 500 bytes tumbling", 500))
        .Append(("C40 cached", 10_000_000))
        .ToDictionary(StringComparer.Ordinal);

    public static ScenarioSet Set => new("Windows.recorded.txt") { Topologies = All, Differences = Mended.Of("Windows"), CacheBytes = CacheBytes };

    private static ISerde<Windowed<string>> TumblingKeys => Serdes.Windowed(Serdes.String, TimeSpan.FromMilliseconds(10));

    private static KGroupedStream<string, string> Grouped(StreamsBuilder builder) => Group(builder, "in");

    private static KGroupedStream<string, string> Group(StreamsBuilder builder, string topic) =>
        builder.Stream<string, string>(topic).GroupByKey();

    private static CogroupedKStream<string, string> Cogroup(StreamsBuilder builder) =>
        Group(builder, "one").Cogroup<string>(Plus).Cogroup(Group(builder, "two"), Plus);

    private static KTable<string, long> ByValue(StreamsBuilder builder) =>
        builder.Table<string, string>("in").GroupBy((k, v) => (v, k)).Count();

    private static KTable<string, string> Held(StreamsBuilder builder, long milliseconds, BufferConfig? buffer = null) =>
        builder.Table<string, string>("in").Suppress(
            Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(milliseconds), buffer) with { Name = "sup" });

    private static KStream<string, string> Text(KTable<string, long> counts) => Text(counts.ToStream());

    private static KStream<string, string> Text(KStream<string, long> counts) => counts.MapValues(Number);

    private static void Concat(StreamsBuilder builder, SlidingWindows windows, EmitStrategy emit = EmitStrategy.OnWindowUpdate) =>
        Out(Grouped(builder).WindowedBy(windows).EmitStrategy(emit).Aggregate(() => "0", Plus, new() { Name = "s" }));

    private static void CountSessions(
        StreamsBuilder builder, long gap, long grace, EmitStrategy emit = EmitStrategy.OnWindowUpdate,
        StoreType store = StoreType.Persistent, long? retention = null) =>
        Out(Grouped(builder).WindowedBy(Sessions(gap, grace)).EmitStrategy(emit).Count(Kept(store, retention)));

    private static void ConcatSessions(
        StreamsBuilder builder, SessionWindows windows, StoreType store = StoreType.Persistent) =>
        Out(Grouped(builder).WindowedBy(windows).Aggregate(
            () => "0", Plus, (_, x, y) => x + "&" + y, new() { Name = "s", StoreType = store }));

    private static void Final(
        StreamsBuilder builder, TimeWindows windows, StoreType store = StoreType.Persistent, long? retention = null) =>
        Out(Grouped(builder).WindowedBy(windows).EmitStrategy(EmitStrategy.OnWindowClose).Count(Kept(store, retention)));

    private static void Final(StreamsBuilder builder, SlidingWindows windows, StoreType store = StoreType.Persistent) =>
        Out(Grouped(builder).WindowedBy(windows).EmitStrategy(EmitStrategy.OnWindowClose).Count(Kept(store, null)));

    private static Materialized<string, long> Kept(StoreType store, long? retention) => new()
    {
        Name = "s",
        StoreType = store,
        Retention = retention is { } time ? TimeSpan.FromMilliseconds(time) : null,
    };

    private static void FinalSessions(StreamsBuilder builder, StoreType store) => Out(
        Grouped(builder).WindowedBy(Sessions(10, 0)).EmitStrategy(EmitStrategy.OnWindowClose).Count(Kept(store, 10)), k => $"{k}");

    private static void Out<TValue>(KTable<Windowed<string>, TValue> table, Func<Windowed<string>, string>? key = null) =>
        Out(table.ToStream(), key ?? Text);

    private static void Out<TValue>(KStream<Windowed<string>, TValue> stream, Func<Windowed<string>, string>? key = null) => stream
        .Map(r => r.HasValue
            ? r.WithKey((key ?? Text)(r.Key)).WithValue(Text(r.Value))
            : r.WithKey((key ?? Text)(r.Key)).WithoutValue<string>())
        .To("out");

    private static string Text(Windowed<string> key) =>
        string.Create(CultureInfo.InvariantCulture, $"{key.Key}[{key.Window.Start}/{key.Window.End}]");

    private static string Text<TValue>(TValue value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static string Plus(string key, string value, string aggregate) => $"{aggregate}+{value ?? "null"}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static TumblingWindows Tumbling(long size, long grace) =>
        TumblingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(grace));

    private static HoppingWindows Hopping(long size, long advance, long grace) => HoppingWindows.Of(
        TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(advance), TimeSpan.FromMilliseconds(grace));

    private static SlidingWindows Sliding(long difference, long grace) =>
        SlidingWindows.Of(TimeSpan.FromMilliseconds(difference), TimeSpan.FromMilliseconds(grace));

    private static SessionWindows Sessions(long gap, long grace) =>
        SessionWindows.Of(TimeSpan.FromMilliseconds(gap), TimeSpan.FromMilliseconds(grace));
}
