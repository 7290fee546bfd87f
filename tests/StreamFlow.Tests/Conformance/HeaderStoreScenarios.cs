using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// Window and session stores with headers, and the operators under both of Kafka Streams' formats of their stores
/// (<c>dsl.store.format</c>). StreamFlow has one format; what both formats give is compared with it.
/// </summary>
internal static class HeaderStoreScenarios
{
    private static readonly TimeSpan Retention = ProcessorScenarios.Milliseconds(100);
    private static readonly TimeSpan Ten = ProcessorScenarios.Milliseconds(10);

    private static readonly Dictionary<string, Func<Action<string>, Topology>> Programs = new(StringComparer.Ordinal)
    {
        ["F04 window store with headers"] = _ => Windows(),
        ["F05 session store with headers"] = _ => Sessions(),
    };

    private static readonly Dictionary<string, Action<StreamsBuilder>> Described = new(StringComparer.Ordinal)
    {
        ["F06 DSL format=DEFAULT"] = TablesAndAggregates,
        ["F06 DSL format=headers"] = TablesAndAggregates,
        ["F06 DSL format=headers in memory"] = TablesAndAggregates,
        ["F07 stream-stream join format=HEADERS"] = StreamJoinScenarios.Set.Topologies["F07 stream-stream join format=DEFAULT"],
        ["F08 foreign-key join format=DEFAULT"] = ForeignKey,
        ["F08 foreign-key join format=HEADERS"] = ForeignKey,
        ["F10 ON_WINDOW_CLOSE format=DEFAULT cache=false"] = OnWindowClose,
        ["F10 ON_WINDOW_CLOSE format=DEFAULT cache=true"] = OnWindowClose,
        ["F10 ON_WINDOW_CLOSE format=HEADERS cache=false"] = OnWindowClose,
        ["F10 ON_WINDOW_CLOSE format=HEADERS cache=true"] = OnWindowClose,
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // The changelog gets the last of the updates between two commits.
        [("F05 session store with headers",
            "    raw app-se-changelog key=6b00000000000000070000000000000000 val=64656c ts=7 hdr={h=h3}")] = null,

        // Deletions of tables and aggregates have no headers in the changelog, as in the other format.
        [("F06 DSL format=headers", "    raw app-t-changelog key=6b val=null ts=6 hdr={h=h2}")] =
            "    raw app-t-changelog key=6b val=null ts=6 hdr=",
        [("F06 DSL format=headers", "    raw app-se-changelog key=6b00000000000000070000000000000007 val=null ts=8 hdr={h=h4}")] =
            "    raw app-se-changelog key=6b00000000000000070000000000000007 val=null ts=8 hdr=",
    };

    public static ScenarioSet Set => new("HeaderStores.recorded.txt")
    {
        Programs = Programs,
        Topologies = Described,
        Differences = Differences,
    };

    private static Topology Windows() => ProcessorScenarios.One(
        (c, r) =>
        {
            var store = c.GetStateStore<IWindowStoreWithHeaders<string, string>>("w");
            store.Put(r.Key, r.Timestamp / 10 * 10, r.Value, r.Timestamp, r.Headers);
            c.Forward(r.WithValue(string.Join(' ', store.FetchWithHeaders(KeyRange.All<string>(), 0, long.MaxValue).Select(row =>
                $"{row.Key}={row.Value.Value}@{row.Value.Timestamp}{Text(row.Value.Headers)}"))));
        },
        stores: new WindowStoreWithHeadersBuilder<string, string>("w", Ten, Retention));

    private static Topology Sessions() => ProcessorScenarios.One(
        (c, r) =>
        {
            var store = c.GetStateStore<ISessionStoreWithHeaders<string, string>>("se");
            var session = new Windowed<string>(r.Key, new Window(0, r.Timestamp));
            store.Put(session, r.Value, r.Headers);
            if (r.Value == "del")
            {
                store.Delete(session, r.Headers);
            }

            c.Forward(r.WithValue(string.Join(' ', store.FindSessionsWithHeaders(r.Key, 0, long.MaxValue).Select(row =>
                $"{row.Key}={row.Value.Value}{Text(row.Value.Headers)}"))));
        },
        stores: new SessionStoreWithHeadersBuilder<string, string>("se", Retention));

    private static string Text(Headers? headers) =>
        string.Concat((headers ?? Headers.Empty).Select(h => $"{{{h.Key}={Encoding.UTF8.GetString(h.Value!)}}}"));

    private static void TablesAndAggregates(StreamsBuilder builder)
    {
        builder.Table("T", materialized: new Materialized<string, string> { Name = "t" }).ToStream().To("out");
        Grouped(builder).Aggregate(() => "0", Plus, new() { Name = "a" }).ToStream().To("out");
        Out(Grouped(builder).WindowedBy(TumblingWindows.Of(Ten, TimeSpan.Zero)).Aggregate(() => "0", Plus, new() { Name = "w" }));
        Out(Grouped(builder).WindowedBy(SessionWindows.Of(Ten, TimeSpan.Zero))
            .Aggregate(() => "0", Plus, (_, x, y) => x + "&" + y, new() { Name = "se" }));
    }

    private static void OnWindowClose(StreamsBuilder builder)
    {
        var kept = TimeSpan.FromSeconds(100);
        Out(Grouped(builder).WindowedBy(TumblingWindows.Of(Ten, TimeSpan.Zero)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Aggregate(() => "0", Plus, new() { Name = "w", Retention = kept }));
        Out(Grouped(builder).WindowedBy(SessionWindows.Of(Ten, TimeSpan.Zero)).EmitStrategy(EmitStrategy.OnWindowClose)
            .Aggregate(() => "0", Plus, (_, x, y) => x + "&" + y, new() { Name = "se", Retention = kept }));
    }

    private static void ForeignKey(StreamsBuilder builder) =>
        ForeignKeyScenarios.All.Single(scenario => scenario.Key == "F08 foreign-key join").Value(builder);

    private static KGroupedStream<string, string> Grouped(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey();

    private static string Plus(string key, string value, string aggregate) => aggregate + "+" + value;

    private static void Out(KTable<Windowed<string>, string> table) => table.ToStream(r => r.Key.ToString()).To("out");
}
