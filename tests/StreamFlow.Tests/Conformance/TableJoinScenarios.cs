using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>The topologies of <c>TableJoins.java</c>.</summary>
internal static class TableJoinScenarios
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new(StringComparer.Ordinal)
    {
        ["table"] = b => Table(b, null).ToStream().To("out"),
        ["table named"] = b => Table(b, "v").ToStream().To("out"),
        ["table filter"] = b => Even(Table(b, null)),
        ["table named filter"] = b => Even(Table(b, "v")),
        ["table cache=10000000"] = b => Table(b, "v").ToStream().To("out"),
        ["unmaterialised forwards all"] = b => Table(b, null).MapValues(v => v).ToStream().To("out"),
        ["materialised mapValues forwards all"] = b => Table(b, null).MapValues(v => v, new() { Name = "mv" }).ToStream().To("out"),
        ["transformValues null"] = b => Table(b, null).TransformValues(() => new Prefixing()).ToStream().To("out"),
        ["TT join headers/timestamps"] = b => b.Table<string, string>("L")
            .LeftJoin(R(b), (l, r) => Both(l, r?.Value)).ToStream().To("out"),
        ["inner TT tombstones"] = b => b.Table<string, string>("L").Join(R(b), Both).ToStream().To("out"),
        ["G08"] = b => b.Table<string, string>("L")
            .Join(R(b), (key, value) => value == "nofk" ? null! : key[..1], (x, y) => x + "," + y, new() { Name = "fk" })
            .ToStream().To("out"),
        ["table filter before join"] = b =>
        {
            var table = Table(b, null);
            NotNo(table).ToStream().To("out");
            Join(b.Stream<string, string>("L"), table, left: false).To("joined");
        },
        ["table filter behind join"] = b =>
        {
            var table = Table(b, null);
            Join(b.Stream<string, string>("L"), table, left: false).To("joined");
            NotNo(table).ToStream().To("out");
        },
        ["table filters around join"] = b => FiltersAroundJoin(b, filtered => filtered),
        ["table filters around join mapped"] = b => FiltersAroundJoin(b, filtered => filtered.MapValues(v => v)),
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // A record without a key that a repartition leaves out is counted.
        [("stream-table inner rekeyed", "  dropped=0.0")] = "  dropped=2.0",
        [("stream-table inner repartitioned", "  dropped=0.0")] = "  dropped=1.0",
        [("stream-table inner beside a count", "  dropped=0.0")] = "  dropped=2.0",
        [("stream-table inner behind a count", "  dropped=0.0")] = "  dropped=1.0",
        [("stream-table left beside a count", "  dropped=0.0")] = "  dropped=1.0",
    };

    static TableJoinScenarios()
    {
        foreach (var left in new[] { false, true })
        {
            foreach (var (name, describe) in Joins(left))
            {
                All.Add($"stream-table {(left ? "left" : "inner")}{name}", describe);
            }
        }
    }

    public static ScenarioSet Set => new("TableJoins.recorded.txt") { Topologies = All, Differences = Differences };

    private static Dictionary<string, Action<StreamsBuilder>> Joins(bool left) => new(StringComparer.Ordinal)
    {
        [""] = b => Join(L(b), R(b), left).To("out"),
        [" nulls and headers"] = b => Join(L(b), R(b), left).To("out"),
        [" rekeyed"] = b => Join(Swap(L(b)), R(b), left).To("out"),
        [" repartitioned"] = b => Join(L(b).Repartition(new() { Name = "r" }), R(b), left).To("out"),
        [" with key"] = b =>
        {
            var (table, stream) = (R(b), L(b));
            (left ? stream.LeftJoin(table, (k, v, row) => WithKey(k, v, row?.Value)) : stream.Join(table, WithKey)).To("out");
        },
        [" derived table"] = b => Join(
            L(b), NotNo(R(b)).MapValues((k, v) => v == "none" ? null! : k + v), left).To("out"),
        [" aggregate of the same stream"] = b =>
        {
            var stream = L(b);
            Join(stream, stream.GroupByKey().Reduce((x, y) => x + y), left).To("out");
        },
        [" aggregate"] = b => Join(
            L(b),
            b.Stream<string, string>("R").GroupByKey().Reduce((x, y) => y == "del" ? null! : x + y, new() { Name = "s" }),
            left).To("out"),
        [" beside a count"] = b =>
        {
            var stream = Swap(L(b));
            Join(stream, R(b), left).To("out");
            Counted(stream).To("out");
        },
        [" behind a count"] = b => Join(Counted(Swap(L(b))), R(b), left).To("out"),
    };

    private static void FiltersAroundJoin(
        StreamsBuilder builder, Func<KTable<string, string>, KTable<string, string>> between)
    {
        var table = Table(builder, null);
        var filtered = NotNo(table);
        filtered.ToStream().MapValues(v => "first " + (v ?? "null")).To("out");
        Join(builder.Stream<string, string>("L"), table, left: false).To("joined");
        between(filtered).Filter((_, v) => v != "bad").ToStream().To("out");
    }

    private static KStream<string, string> L(StreamsBuilder builder) => builder.Stream<string, string>("L");

    private static KTable<string, string> R(StreamsBuilder builder) => builder.Table<string, string>("R");

    private static KTable<string, string> Table(StreamsBuilder builder, string? store) =>
        builder.Table<string, string>("in", materialized: new() { Name = store });

    private static void Even(KTable<string, string> table) => table.Filter((_, v) => (v[0] - '0') % 2 == 0).ToStream().To("out");

    private static KTable<string, string> NotNo(KTable<string, string> table) => table.Filter((_, v) => v != "no");

    private static KStream<string, string> Join(KStream<string, string> stream, KTable<string, string> table, bool left) =>
        left ? stream.LeftJoin(table, (v, row) => Both(v, row?.Value)) : stream.Join(table, Both);

    private static KStream<string, string> Swap(KStream<string, string> stream) => stream.Map(
        (_, v) => (v is null || v.StartsWith("nokey", StringComparison.Ordinal) ? null! : v[..1], v!));

    private static KStream<string, string> Counted(KStream<string, string> stream) =>
        stream.GroupByKey().Count(new() { Name = "c" }).ToStream().MapValues(v => $"{v}");

    private static string Both(string value, string? row) => value + "-" + (row ?? "null");

    private static string WithKey(string key, string value, string? row) => $"{key ?? "null"}:{Both(value, row)}";

    private sealed class Prefixing : IValueTransformer<string, string, string>
    {
        public void Init(ProcessingContext context)
        {
        }

        public string Transform(string key, ValueAndTimestamp<string>? row) => "T" + (row?.Value ?? "null");

        public void Close()
        {
        }
    }
}
