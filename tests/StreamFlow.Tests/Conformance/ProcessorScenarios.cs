using System.Globalization;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>The scenarios of branches, tables of streams, processors, punctuations and their stores.</summary>
internal static class ProcessorScenarios
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> Described = new(StringComparer.Ordinal)
    {
        ["C03b"] = b => In(b).Split("s-")
            .Branch((_, v) => v == "1", new() { Consumer = s => s.To("out") })
            .Branch((_, v) => v == "2", new() { Function = _ => null })
            .NoDefaultBranch(),
        ["C06"] = b => In(b).ToTable(new() { Name = "t" }).ToStream().To("out"),
        ["EOS at_least_once"] = CountByValue,
        ["EOS exactly_once_v2"] = CountByValue,
        ["left stream-table null key"] = b => b.Stream<string, string>("L")
            .LeftJoin(b.Stream<string, string>("R").ToTable(), (v, row) => v + "|" + (row?.Value ?? "null")).To("out"),
    };

    private static readonly Dictionary<string, Func<Action<string>, Topology>> Programs = new(StringComparer.Ordinal)
    {
        ["C03"] = _ => Branches(),
        ["C85/87"] = print => Punctuated(PunctuationType.StreamTime, print),
        ["C86"] = print => Punctuated(PunctuationType.WallClockTime, print),
        ["C88 unconnected"] = _ => One((c, _) => c.GetStateStore<IKeyValueStore<string, string>>("nope")),
        ["C88 fwd unknown child"] = _ => One((c, r) => c.Forward(r, "zzz")),
        ["C89 rocks"] = KeyValues,
        ["C89 mem"] = KeyValues,
        ["C89 rocks+cache"] = KeyValues,
        ["C89 lru2"] = LeastRecentlyUsed,
        ["F02 KV with headers on persistentTimestampedKeyValueStoreWithHeaders"] = _ => WithHeaders(),
        ["F02 KV with headers on persistentTimestampedKeyValueStoreWithHeaders cached"] = _ => WithHeaders(),
        ["F02 KV with headers on inMemoryKeyValueStore"] = _ => WithHeaders(),
        ["C93 mode=0"] = _ => TwoBranches(),
        ["C93 mode=1"] = _ => TwoBranches(),
        ["C93 mode=2"] = _ => TwoBranches(),
        ["C93 mode=3"] = _ => TwoBranches(),
        ["C93b throw after forward, CONTINUE"] = _ => One((c, r) =>
        {
            c.Forward(r.WithValue("1"));
            if (r.Value == "bad")
            {
                throw new InvalidOperationException("after forward");
            }

            c.Forward(r.WithValue("2"));
        }),
        ["C93c punctuator throws, CONTINUE"] = _ => One(
            (c, r) => c.Forward(r),
            c => c.Schedule(Milliseconds(10), PunctuationType.WallClockTime, _ => throw new InvalidOperationException("punct"))),
        ["G01 wall clock, start 25, interval 10, clock 7"] = _ => Anchored(PunctuationType.WallClockTime, 25),
        ["G01 wall clock, start 0, interval 10, clock 7"] = _ => Anchored(PunctuationType.WallClockTime, 0),
        ["G01 wall clock, start 3, interval 10, clock 7"] = _ => Anchored(PunctuationType.WallClockTime, 3),
        ["G02 stream time, start 25, interval 10"] = _ => Anchored(PunctuationType.StreamTime, 25),
        ["G02 stream time, start 0, interval 10"] = _ => Anchored(PunctuationType.StreamTime, 0),
        ["G02 unanchored stream time, interval 10"] = _ => Anchored(PunctuationType.StreamTime, null),
    };

    private static readonly Dictionary<string, Func<Action<string>, ErrorHandler>> Handlers = new(StringComparer.Ordinal)
    {
        ["C93 mode=0"] = print => Printing(print, _ => ErrorResponse.Continue),
        ["C93 mode=1"] = print => Printing(print, _ => ErrorResponse.Fail),

        // There is no null; this is none of the answers either.
        ["C93 mode=2"] = print => Printing(print, _ => (ErrorResponse)(-1)),
        ["C93 mode=3"] = print => Printing(print, _ => throw new InvalidOperationException("boom")),
        ["C93b throw after forward, CONTINUE"] = print => Printing(print, _ => ErrorResponse.Continue),
        ["C93c punctuator throws, CONTINUE"] = print => Printing(print, _ => ErrorResponse.Continue),
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // What is not committed yet is not counted.
        [("C89 rocks", "    all a=1 ab=4 b=2 c=3 | n=4")] = "    all a=1 ab=4 b=2 c=3 | n=0",
        [("C89 mem", "    all a=1 ab=4 b=2 c=3 | n=4")] = "    all a=1 ab=4 b=2 c=3 | n=0",

        // The changelog gets the last of the updates between two commits.
        [("C89 rocks", "    raw app-st-changelog key=62 val=32 ts=1 hdr=")] = null,
        [("C89 rocks", "    raw app-st-changelog key=63 val=33 ts=1 hdr=")] = null,
        [("C89 mem", "    raw app-st-changelog key=62 val=32 ts=1 hdr=")] = null,
        [("C89 mem", "    raw app-st-changelog key=63 val=33 ts=1 hdr=")] = null,

        [("C89 lru2", "    raw app-st-changelog key=62 val=32 ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=61 val=31 ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=63 val=33 ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=61 val=null ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=6162 val=34 ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=63 val=null ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=6162 val=null ts=1 hdr=")] = null,
        [("C89 lru2", "    raw app-st-changelog key=7a val=39 ts=1 hdr=")] =
            "    raw app-st-changelog key=7a val=39 ts=1 hdr=\n    raw app-st-changelog key=6162 val=null ts=1 hdr=",
        [("C89 lru2", "    raw app-st-changelog key=62 val=null ts=1 hdr=" + Mended.Again)] = null,
        [("C89 lru2", "    raw app-st-changelog key=63 val=null ts=1 hdr=" + Mended.Again)] =
            "    raw app-st-changelog key=63 val=null ts=1 hdr=",

        // A punctuation has no record, and so no time of one.
        [("C93c punctuator throws, CONTINUE", "    handler node=p topic=null part=-1 off=-1 task=0_0 ts=10 headers=")] =
            "    handler node=p topic=null part=-1 off=-1 task=0_0 ts=-1 headers=",
        [("C93c punctuator throws, CONTINUE", "    handler node=p topic=null part=-1 off=-1 task=0_0 ts=20 headers=")] =
            "    handler node=p topic=null part=-1 off=-1 task=0_0 ts=-1 headers=",
    };

    public static ScenarioSet Set => new("ProcessorScenarios.recorded.txt")
    {
        Topologies = Described,
        Programs = Programs,
        Handlers = Handlers,
        Differences = Differences,
    };

    /// <summary>A source, a processor, a sink.</summary>
    internal static Topology One(
        Action<ProcessorContext<string, string>, Record<string, string>> process,
        Action<ProcessorContext<string, string>>? init = null, params StoreBuilder[] stores)
    {
        var topology = new Topology()
            .AddSource<string, string>("s", "in")
            .AddProcessor("p", () => new Given(process, init), "s");
        foreach (var store in stores)
        {
            topology.AddStateStore(store, "p");
        }

        return topology.AddSink<string, string>("k", "out", "p");
    }

    internal static TimeSpan Milliseconds(long value) => TimeSpan.FromMilliseconds(value);

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static void CountByValue(StreamsBuilder builder) => In(builder).SelectKey((_, v) => v)
        .GroupByKey(new() { Name = "g" }).Count().ToStream().MapValues(v => v.ToString(CultureInfo.InvariantCulture)).To("out");

    private static Topology Branches()
    {
        var builder = new StreamsBuilder();
        var branches = In(builder).Split("s-")
            .Branch((_, v) => Number(v) % 2 == 0, new() { Name = "even" })
            .Branch((_, v) => Number(v) > 2)
            .DefaultBranch();
        Assert.Equal(["s-even", "s-2", "s-0"], branches.Keys);
        foreach (var (name, branch) in branches)
        {
            branch.MapValues(v => name + v).To("out");
        }

        return builder.Build();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static Topology TwoBranches()
    {
        var builder = new StreamsBuilder();
        var stream = In(builder);
        stream.Peek((_, _) => { })
            .MapValues(v => v == "bad" ? throw new InvalidOperationException("bad!") : "A" + v).To("out");
        stream.MapValues(v => "B" + v).To("out");
        return builder.Build();
    }

    private static Topology Punctuated(PunctuationType type, Action<string> print) => One(
        (c, r) => c.Forward(r),
        c =>
        {
            var calls = 0;
            Cancellable? scheduled = null;
            scheduled = c.Schedule(Milliseconds(10), type, time =>
            {
                print($"punct ts={time} meta={Nothing(c.RecordMetadata, time)} streamTime={c.CurrentStreamTimeMs} sys={c.CurrentSystemTimeMs}");
                c.Forward(new Record<string, string>("P", "x", time));
                if (++calls == 6)
                {
                    scheduled!.Cancel();
                }
            });
        });

    /// <summary>Where StreamFlow has no position, Kafka Streams has one of nothing.</summary>
    private static string Nothing(RecordPosition? position, long time) => position is { } there
        ? there.ToString()
        : "Optional[ProcessorRecordContext{topic='null', partition=-1, offset=-1, "
            + $"timestamp={time}, headers=RecordHeaders(headers = [], isReadOnly = false)}}]";

    private static Topology Anchored(PunctuationType type, long? start) => One(
        (_, _) => { },
        c => c.Schedule(
            Milliseconds(10),
            type,
            time => c.Forward(new Record<string, string>("p", $"{time}", time)),
            start is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null));

    private static Topology KeyValues(Action<string> print) => One(
        (c, r) =>
        {
            var store = c.GetStateStore<IKeyValueStore<string, string>>("st");
            foreach (var (key, value) in new[] { ("b", "2"), ("a", "1"), ("c", "3"), ("ab", "4") })
            {
                store.Put(key, value, r.Timestamp);
            }

            print($"all {Text(store.All())} | n={store.ApproximateCount}");
            print($"rall {Text(store.All(reverse: true))} range(a,b) {Text(store.Range("a", "b"))} | rrange "
                + $"{Text(store.Range("a", "b", reverse: true))} | range(null,b) {Text(store.Range(null, "b"))} | range(b,null) "
                + $"{Text(store.Range("b", null))} | range(b,a) {Text(store.Range("b", "a"))} | prefix(a) "
                + $"{Text(store.Prefix("a", Serdes.String))}");
            var (first, second) = (PutIfAbsent(store, "a", r.Timestamp), PutIfAbsent(store, "z", r.Timestamp));
            store.TryGet("b", out var deleted);
            Assert.True(store.Delete("b", r.Timestamp));
            print($"putIfAbsent {first} {second} delete {deleted} get {(store.TryGet("b", out var got) ? got : "null")}");
            store.Put("c", null!, r.Timestamp);
            print($"all {Text(store.All())}");
        },
        stores: new KeyValueStoreBuilder<string, string>("st") { KeepsTimestamps = false });

    private static Topology LeastRecentlyUsed(Action<string> print) => One(
        (c, r) =>
        {
            var store = c.GetStateStore<IKeyValueStore<string, string>>("st");
            foreach (var (key, value) in new[] { ("b", "2"), ("a", "1"), ("c", "3"), ("ab", "4") })
            {
                store.Put(key, value, r.Timestamp);
            }

            print($"all {Text(store.All())} | n={store.ApproximateCount}");
            var (first, second) = (PutIfAbsent(store, "a", r.Timestamp), PutIfAbsent(store, "z", r.Timestamp));
            Assert.False(store.Delete("b", r.Timestamp));
            print($"putIfAbsent {first} {second} delete null get {(store.TryGet("b", out var got) ? got : "null")}");
            store.Put("c", null!, r.Timestamp);
            print($"all {Text(store.All())}");
        },
        stores: new LruStoreBuilder<string, string>("st", 2) { KeepsTimestamps = false });

    internal static Topology WithHeaders() => One(
        (c, r) =>
        {
            var store = c.GetStateStore<IKeyValueStoreWithHeaders<string, string>>("st");

            // A deletion has the record's time there: it has no value that could have another.
            store.Put(r.Key, r.Value, r.HasValue ? r.Timestamp + 100 : r.Timestamp, r.Headers);
            if (r.Value == "own")
            {
                store.Put("o", "x", 1, Headers.Empty.With("own", "1"));
            }

            c.Forward(r.WithValue(store.TryGetWithHeaders(r.Key, out var row)
                ? $"{row.Value}@{row.Timestamp}{HeadersText(row.Headers)}"
                : null!));
        },
        stores: new KeyValueStoreWithHeadersBuilder<string, string>("st"));

    private static string HeadersText(Headers? headers) => string.Concat(
        (headers ?? Headers.Empty).Select(h => $"{{{h.Key}={Encoding.UTF8.GetString(h.Value!)}}}"));

    private static string PutIfAbsent(IKeyValueStore<string, string> store, string key, long timestamp)
    {
        var before = store.TryGet(key, out var value) ? value : "null";
        Assert.Equal(before == "null", store.PutIfAbsent(key, "9", timestamp));
        return before;
    }

    private static string Text(IEnumerable<KeyValuePair<string, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Key}={row.Value.Value}"));

    internal static ErrorHandler Printing(Action<string> print, Func<string, ErrorResponse> answer) => (in ErrorContext error) =>
    {
        var source = error.Offset >= 0;
        var headers = HeadersText(error.Headers);
        print($"handler node={error.Operator} topic={(source ? error.Topic : "null")} part={error.Partition} off={error.Offset} "
            + $"task={error.TaskId} ts={error.Timestamp} headers={headers}");
        return answer(error.Operator);
    };

    private sealed class Given(
        Action<ProcessorContext<string, string>, Record<string, string>> process,
        Action<ProcessorContext<string, string>>? init) : ContextualProcessor<string, string, string, string>
    {
        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            init?.Invoke(context);
        }

        public override void Process(Record<string, string> record) => process(Context, record);
    }
}
