using System.Globalization;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// Stores of the user's own: windows, sessions and versions, stores with headers over others, and a global store. Where Kafka
/// Streams has a name for a method that is not here the line has it, with what the nearest method answers.
/// </summary>
internal static class StoreScenarios
{
    private static readonly TimeSpan Ten = ProcessorScenarios.Milliseconds(10);
    private static readonly TimeSpan Retention = ProcessorScenarios.Milliseconds(100);

    private static readonly Dictionary<string, Func<Action<string>, Topology>> All = new(StringComparer.Ordinal)
    {
        ["C78"] = Versions,
        ["C90 rocks dup=0"] = print => Windows(print, StoreType.Persistent, duplicates: false),
        ["C90 rocks dup=1"] = print => Windows(print, StoreType.Persistent, duplicates: true),
        ["C90 mem dup=0"] = print => Windows(print, StoreType.InMemory, duplicates: false),
        ["C90 mem dup=1"] = print => Windows(print, StoreType.InMemory, duplicates: true),
        ["C91 0"] = print => FewSessions(print, StoreType.Persistent),
        ["C91 1"] = print => FewSessions(print, StoreType.InMemory),
        ["C91 rocks"] = print => Sessions(print, StoreType.Persistent),
        ["C91 mem"] = print => Sessions(print, StoreType.InMemory),
        ["C95"] = _ => Global(),
        ["F02 KV with headers on lruMap"] = _ => Timestamped(new LruStoreBuilder<string, string>("st", 10), later: 100),
        ["F02 KV with headers on persistentTimestampedKeyValueStore"] = _ => ProcessorScenarios.WithHeaders(),
        ["F02 KV with headers on persistentKeyValueStore"] = _ => ProcessorScenarios.WithHeaders(),
        ["F03 header-aware supplier with the timestamped builder"] = _ =>
            Timestamped(new KeyValueStoreBuilder<string, string>("st"), later: 0),
    };

    public static ScenarioSet Set => new("StoreScenarios.recorded.txt") { Programs = All, Differences = Mended.Of("StoreScenarios") };

    private static Topology Versions(Action<string> print) => ProcessorScenarios.One(
        (c, _) =>
        {
            var store = c.GetStateStore<IVersionedKeyValueStore<string, string>>("vs");
            print($"put v1@0 {store.Put("k", "v1", 0)} put v2@10 {store.Put("k", "v2", 10)} put mid@5 {store.Put("k", "mid", 5)} "
                + $"put same ts {store.Put("k", "mid2", 5)} get@7 {At(7)} get@4 {At(4)} get@10 {At(10)} get {At(null)} "
                + $"del@7 {store.Delete("k", 7)} get@8 {At(8)} get@6 {At(6)} put null@20 {store.Put("k", null!, 20)} "
                + $"get {At(null)} get@15 {At(15)}");
            store.Put("j", "x", 400_000);
            print($"put old {store.Put("k", "old", 99_999)} get old asOf {At(15)} edge put@100000 {store.Put("k", "edge", 100_000)} "
                + $"get {At(null)} get asof 100000 {At(100_000)} asof 99999 {At(99_999)}");

            string At(long? time) =>
                (time is { } asOf ? store.TryGet("k", asOf, out var row) : store.TryGet("k", out row))
                    ? $"<{row.Value},{row.Timestamp}>" : "null";
        },
        stores: new VersionedStoreBuilder<string, string>("vs", TimeSpan.FromMinutes(5)));

    private static Topology Windows(Action<string> print, StoreType type, bool duplicates) => ProcessorScenarios.One(
        (c, r) =>
        {
            var store = c.GetStateStore<IWindowStore<string, string>>("w");
            store.Put("k", 0, "a", r.Timestamp);
            store.Put("k", 10, "b", r.Timestamp);
            store.Put("k", 10, "b2", r.Timestamp);
            if (!duplicates)
            {
                store.Put("k", 0, null!, r.Timestamp);
            }

            store.Put("j", 5, "c", r.Timestamp);
            print($"fetch0-10 {Starts(store.Fetch("k", 0, 10))} | back {Starts(store.Fetch("k", 0, 10, reverse: true))} | "
                + $"fetchAll {Rows(store.FetchAll(0, 10))} | bAll {Rows(store.FetchAll(0, 10, reverse: true))} | "
                + $"range k {Rows(store.Fetch(KeyRange.Between("j", "k"), 0, 10))} | all {Rows(store.All())}");
            store.Put("k", 110, "z", r.Timestamp);
            print($"after 110: {Starts(store.Fetch("k", 0, 200))}");
            store.Put("k", 10, "late", r.Timestamp);
            print($"after late put: {Starts(store.Fetch("k", 0, 200))}");
            store.Put("k", 111, "z", r.Timestamp);
            print($"after 111: {Starts(store.Fetch("k", 0, 200))}");
        },
        stores: new WindowStoreBuilder<string, string>("w", Ten, Retention)
        {
            StoreType = type, KeepsTimestamps = false, KeepsDuplicates = duplicates,
        });

    private static Topology FewSessions(Action<string> print, StoreType type) => SessionStore(type, store =>
    {
        Put(store, ("k", 0, 5, "A"), ("k", 10, 20, "B"), ("k", 12, 20, "C"));
        print($"find(5,10) {Rows(store.FindSessions("k", 5, 10))} | find(6,10) {Rows(store.FindSessions("k", 6, 10))} | "
            + $"find(5,9) {Rows(store.FindSessions("k", 5, 9))} | fetch {Rows(store.Fetch("k"))} | "
            + $"bfetch {Rows(store.Fetch("k", reverse: true))} | fs {One(store, 10, 20)} {One(store, 10, 21)}");
        store.Delete(new Windowed<string>("k", new Window(10, 20)));
        print($"fetch {Rows(store.Fetch("k"))}");
    });

    private static Topology Sessions(Action<string> print, StoreType type) => SessionStore(type, store =>
    {
        Put(store, ("k", 0, 5, "A"), ("k", 10, 20, "B"), ("k", 12, 20, "C"), ("j", 1, 2, "J"));
        print($"find(5,10) -> {Rows(store.FindSessions("k", 5, 10))}");
        print($"find(6,10) -> {Rows(store.FindSessions("k", 6, 10))}");
        print($"find(5,9) -> {Rows(store.FindSessions("k", 5, 9))}");
        print($"find(0,100) -> {Rows(store.FindSessions("k", 0, 100))}");
        print($"fetch -> {Rows(store.Fetch("k"))}");
        print($"backwardFetch -> {Rows(store.Fetch("k", reverse: true))}");
        print($"backwardFind -> {Rows(store.FindSessions("k", 0, 100, reverse: true))}");
        print($"findSessions(from,to) -> {Rows(store.FindSessions(KeyRange.All<string>(), 0, long.MaxValue))}");
        print($"find key range -> {Rows(store.FindSessions(KeyRange.Between("j", "k"), 0, 100))}");
        print($"fetchSession -> {One(store, 10, 20)} {One(store, 10, 21)}");
        store.Delete(new Windowed<string>("k", new Window(10, 20)));
        print($"fetch -> {Rows(store.Fetch("k"))}");
        Put(store, ("k", 100, 105, "Z"));
        print($"after end 105 (hide end<6) -> {Rows(store.FindSessions("k", 0, 1000))}");
        Put(store, ("k", 0, 5, "late"));
        print($"late put -> {Rows(store.FindSessions("k", 0, 1000))}");
    });

    private static Topology SessionStore(StoreType type, Action<ISessionStore<string, string>> use) => ProcessorScenarios.One(
        (c, _) => use(c.GetStateStore<ISessionStore<string, string>>("se")),
        stores: new SessionStoreBuilder<string, string>("se", Retention) { StoreType = type });

    private static Topology Timestamped(StoreBuilder store, long later) => ProcessorScenarios.One(
        (c, r) =>
        {
            var rows = c.GetStateStore<IKeyValueStore<string, string>>("st");
            rows.Put(r.Key, r.Value, r.HasValue ? r.Timestamp + later : r.Timestamp);
            if (r.Value == "own")
            {
                rows.Put("o", "x", 1);
            }

            c.Forward(r.WithValue(rows.TryGetWithTimestamp(r.Key, out var row) ? $"{row.Value}@{row.Timestamp}" : null!));
        },
        stores: store);

    private static Topology Global()
    {
        var builder = new StreamsBuilder();
        builder.AddGlobalStore(
            new KeyValueStoreBuilder<string, string>("gs") { StoreType = StoreType.InMemory },
            "G",
            () => new Given<IKeyValueStore<string, string>>((_, r, rows) => rows.Put(r.Key, $"{r.Value}@{r.Timestamp}", r.Timestamp)));
        builder.Stream<string, string>("in").Process(() => new Given<IReadOnlyKeyValueStore<string, string>>(
            (c, r, rows) => c.Forward(r.WithValue(rows.TryGet(r.Key, out var value) ? value : "null")))).To("out");
        return builder.Build();
    }

    private static void Put(ISessionStore<string, string> store, params (string Key, long Start, long End, string Value)[] rows)
    {
        foreach (var (key, start, end, value) in rows)
        {
            store.Put(new Windowed<string>(key, new Window(start, end)), value);
        }
    }

    private static string One(ISessionStore<string, string> store, long start, long end) =>
        store.TryFetchSession("k", start, end, out var value) ? value : "null";

    private static string Starts(IEnumerable<KeyValuePair<long, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Key}={row.Value.Value}"));

    private static string Rows(IEnumerable<KeyValuePair<Windowed<string>, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Key}={row.Value.Value}"));

    private static string Rows(IEnumerable<KeyValuePair<Windowed<string>, string>> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Key}={row.Value}"));

    private sealed class Given<TStore>(Action<ProcessorContext<string, string>, Record<string, string>, TStore> process)
        : ContextualProcessor<string, string, string, string>
        where TStore : class
    {
        private TStore _store = null!;

        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            _store = context.GetStateStore<TStore>("gs");
        }

        public override void Process(Record<string, string> record) => process(Context, record, _store);
    }
}
