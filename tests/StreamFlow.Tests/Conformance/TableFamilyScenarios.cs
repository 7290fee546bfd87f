using System.Globalization;
using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>Views, groupings and joins of tables: scenarios C16 to C20, C74 to C77, and the topologies of <c>TableFamilies.java</c>.</summary>
internal static class TableFamilyScenarios
{
    private static readonly TimeSpan History = TimeSpan.FromMinutes(5);

    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new(StringComparer.Ordinal)
    {
        ["C16"] = b => Concat(Table(b, "in").GroupBy((k, v) => (k, v)), "s").To("out"),
        ["C17 versioned=0"] = b => GroupedByValue(Table(b, "in")),
        ["C17 versioned=1"] = b => GroupedByValue(Versioned(b, "in")),
        ["C18"] = b => Table(b, "in").GroupBy((_, v) => (v, v)).Count().ToStream()
            .MapValues(v => v.ToString(CultureInfo.InvariantCulture)).To("out"),
        ["C20"] = b => Table(b, "in").GroupBy((_, v) => ("g", v))
            .Reduce((x, y) => x + "+" + y, (x, y) => x == y ? null : x + "-" + y, new() { Name = "s" }).ToStream().To("out"),
        ["C75 inner-inner"] = b =>
        {
            var (left, right) = (Table(b, "L"), Table(b, "R"));
            left.Join(right, Pair).Join(right, Pair).ToStream().To("out");
        },
        ["C76 mode=0 (0 plain,1 groupBy downstream,2 versioned+groupBy)"] = b => Even(Table(b, "in")).ToStream().To("out"),
        ["C76 mode=1 (0 plain,1 groupBy downstream,2 versioned+groupBy)"] = b => FilteredAndGrouped(Table(b, "in")),
        ["C76 mode=2 (0 plain,1 groupBy downstream,2 versioned+groupBy)"] = b => FilteredAndGrouped(Versioned(b, "in")),
        ["C77 versioned=0"] = b => Table(b, "in", new() { Name = "v" }).ToStream().To("out"),
        ["C77 versioned=1"] = b => Versioned(b, "in").ToStream().To("out"),
        ["view filter of versioned materialized"] = b => Even(Versioned(b, "in"), new() { Name = "f" }).ToStream().To("out"),
        ["view filter of versioned materialized versioned"] = b =>
            Even(Versioned(b, "in"), new() { Name = "f", History = History }).ToStream().To("out"),
        ["view mapValues of versioned then joined"] = b =>
            Versioned(b, "in").MapValues(v => "m" + v).Join(Table(b, "R"), Pair).ToStream().To("out"),
        ["view filter of unversioned materialized versioned"] = b =>
            SentAndGrouped(Even(Table(b, "in"), new() { Name = "f", History = History })),
        ["aggregate versioned"] = b => b.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => "0", (_, v, a) => a + "+" + v, new() { Name = "a", History = History }).ToStream().To("out"),
        ["table join looked up by a stream"] = b => b.Stream<string, string>("S")
            .LeftJoin(Table(b, "L").LeftJoin(Table(b, "R"), LeftPair), (s, row) => s + "-" + (row?.Value ?? "null")).To("out"),
        ["grouped subtractor null"] = b => Table(b, "in").GroupBy((_, v) => ("g", v))
            .Aggregate(() => "0", Add, (k, v, a) => v == "x" ? null! : Subtract(k, v, a), new() { Name = "a" }).ToStream().To("out"),
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // A row that belongs to no group is counted.
        [("C17 versioned=0", "  dropped=0.0")] = "  dropped=2.0",
        [("C17 versioned=1", "  dropped=0.0")] = "  dropped=2.0",

        // What is older than the history is not logged either.
        [("C77 versioned=1", "    raw app-v-changelog key=6b val=6c617465 ts=50000 hdr=")] = null,

        // A deletion has the time of the row in the changelog too.
        [("grouped subtractor null", "    raw app-a-changelog key=67 val=null ts=1 hdr=")] =
            "    raw app-a-changelog key=67 val=null ts=10 hdr=",
    };

    static TableFamilyScenarios()
    {
        foreach (var cache in new[] { "0", "10000000" })
        {
            AddViews(" cache=" + cache);
            AddJoins(" cache=" + cache);
        }

        ReportJoinsWithThemselves();
        ReportZ5();
        foreach (var (name, describe) in ForeignKeyScenarios.All)
        {
            All.Add(name, describe);
        }

        foreach (var (line, comes) in ForeignKeyScenarios.Differences)
        {
            Differences.Add(line, comes);
        }

        foreach (var (kind, left, right) in
            from kind in new[] { 0, 1, 2 } from left in new[] { 0, 1 } from right in new[] { 0, 1 } select (kind, left, right))
        {
            All.Add(
                string.Create(CultureInfo.InvariantCulture, $"C74 kind={kind} lv={left} rv={right}"),
                b => Join(kind, left == 1 ? Versioned(b, "L") : Table(b, "L"), right == 1 ? Versioned(b, "R") : Table(b, "R"))
                    .ToStream().To("out"));
        }
    }

    public static ScenarioSet Set => new("TableFamilies.recorded.txt") { Topologies = All, Differences = Differences };

    /// <summary>The result of a row that is deleted goes, also where both sides of the join have it from one table.</summary>
    private static void ReportJoinsWithThemselves()
    {
        foreach (var (scenario, side, times) in new[]
        {
            ("C75 inner-inner", "R", new[] { 11 }),
            ("table join inner with itself cache=0", "L", [11]),
            ("table join inner with itself cache=10000000", "L", [11]),
            ("table join inner chained cache=0", "R", [9, 15]),
            ("table join inner chained cache=10000000", "R", [9, 15]),
        })
        {
            foreach (var time in times)
            {
                Differences.Add((scenario, $"  {side} k:null@{time} -> -"), $"  {side} k:null@{time} -> k=null@{time}");
            }
        }
    }

    /// <summary>Z5, with the record cache off: the first row of a key does not take back what never was.</summary>
    private static void ReportZ5()
    {
        const string scenario = "grouped twice cache=0";
        const string first = "0+0+1-0+1+0+1+2";
        foreach (var (record, was, now) in new[]
        {
            ("in B:3@3", "-0+0+3@3", "+0+3@3"),
            ("in A:del@4", "-0+0+3-0+1+2@4", "+0+3-0+1+2@4"),
            ("in A:5@5", "-0+0+3-0+1+2-0+0+5@5", "+0+3-0+1+2+0+5@5"),
        })
        {
            Differences.Add((scenario, $"  {record} -> g={first}{was}"), $"  {record} -> g={first}{now}");
        }

        foreach (var (was, now) in new[]
        {
            ("06302b313002 ts=1", "302b3101 ts=1"), ("06302b333002 ts=3", "302b3301 ts=3"), ("06302b353002 ts=5", "302b3501 ts=5"),
        })
        {
            Differences.Add(
                (scenario, $"    raw app-a-repartition key=67 val={was} hdr="), $"    raw app-a-repartition key=67 val={now} hdr=");
        }
    }

    private static void AddViews(string cache)
    {
        All.Add("view filter materialized" + cache, b => Even(Table(b, "in"), new() { Name = "f" }).ToStream().To("out"));
        All.Add(
            "view filter materialized of named" + cache,
            b => Even(Table(b, "in", new() { Name = "v" }), new() { Name = "f" }).ToStream().To("out"));
        All.Add("view mapValues materialized" + cache, b => Mapped(b, new() { Name = "m" }).ToStream().To("out"));
        All.Add(
            "view mapValues materialized then filter" + cache,
            b => Mapped(b, new() { Name = "m" }).Filter((_, v) => v != "v5").ToStream().To("out"));
        All.Add(
            "view filter materialized then grouped" + cache,
            b => SentAndGrouped(Even(Table(b, "in"), new() { Name = "f" })));
        All.Add("view mapValues then grouped" + cache, b => Concat(Mapped(b, null).GroupBy((_, v) => ("g", v)), "a").To("out"));
        All.Add(
            "grouped twice" + cache,
            b => Concat(
                b.Stream<string, string>("in").GroupByKey()
                    .Aggregate(() => "0", (_, v, a) => v == "del" ? null! : a + "+" + v, new() { Name = "first" })
                    .GroupBy((_, v) => ("g", v)),
                "a").To("out"));
    }

    private static void AddJoins(string cache)
    {
        foreach (var (kind, name) in new[] { (0, "inner"), (1, "left"), (2, "outer") })
        {
            var join = "table join " + name;
            All.Add(
                join + " materialized" + cache,
                b => Join(kind, Table(b, "L"), Table(b, "R"), new() { Name = "m" }).ToStream().To("out"));
            All.Add(join + " grouped" + cache, b =>
            {
                var joined = Join(kind, Table(b, "L"), Table(b, "R"));
                joined.ToStream().MapValues(v => "j:" + (v ?? "null")).To("out");
                Concat(joined.GroupBy((_, v) => ("g", v)), "a").To("out");
            });
            All.Add(
                join + " materialized and grouped" + cache,
                b => Concat(
                    Join(kind, Table(b, "L"), Table(b, "R"), new() { Name = "m" }).GroupBy((_, v) => ("g", v)), "a").To("out"));
            All.Add(
                join + " of views" + cache,
                b => Join(
                    kind,
                    Table(b, "L").Filter((_, v) => v != "B"),
                    Table(b, "R").MapValues(v => v == "c" ? null! : v + v)).ToStream().To("out"));
            All.Add(join + " chained" + cache, b =>
            {
                var (left, right) = (Table(b, "L"), Table(b, "R"));
                Join(kind, Join(kind, left, right), right).ToStream().To("out");
            });
            All.Add(join + " with itself" + cache, b =>
            {
                var table = Table(b, "L");
                Join(kind, table, table).ToStream().To("out");
            });
        }
    }

    private static KTable<string, string> Table(
        StreamsBuilder builder, string topic, Materialized<string, string>? materialized = null) =>
        builder.Table(topic, materialized: materialized);

    private static KTable<string, string> Versioned(StreamsBuilder builder, string topic) =>
        Table(builder, topic, new() { Name = topic == "in" ? "v" : "v" + topic, History = History });

    private static KTable<string, string> Even(
        KTable<string, string> table, Materialized<string, string>? materialized = null) =>
        table.Filter((_, v) => int.Parse(v, CultureInfo.InvariantCulture) % 2 == 0, materialized);

    private static KTable<string, string> Mapped(StreamsBuilder builder, Materialized<string, string>? materialized) =>
        Table(builder, "in").MapValues(v => v == "4" ? null : "v" + v, materialized);

    private static void FilteredAndGrouped(KTable<string, string> table)
    {
        var filtered = Even(table);
        filtered.ToStream().To("out");
        filtered.GroupBy((k, v) => (k, v)).Count();
    }

    private static void SentAndGrouped(KTable<string, string> table)
    {
        table.ToStream().MapValues(v => "f" + (v ?? "null")).To("out");
        Concat(table.GroupBy((_, v) => ("g", v)), "a").To("out");
    }

    private static void GroupedByValue(KTable<string, string> table) => Concat(
        table.GroupBy((k, v) => k switch { "nk" => (null, v), "np" => (null, null), _ => (v, v) }), "s").To("out");

    private static KStream<string, string> Concat(KGroupedTable<string, string> group, string store) =>
        group.Aggregate(() => "0", Add, Subtract, new() { Name = store }).ToStream();

    private static KTable<string, string> Join(
        int kind, KTable<string, string> left, KTable<string, string> right, Materialized<string, string>? materialized = null) =>
        kind switch
        {
            0 => left.Join(right, Pair, materialized),
            1 => left.LeftJoin(right, LeftPair, materialized),
            _ => left.OuterJoin(right, (l, r) => Pair(l?.Value!, r?.Value!), materialized),
        };

    private static string LeftPair(string left, ValueAndTimestamp<string>? right) => Pair(left, right?.Value!);

    private static string Pair(string left, string right) => (left ?? "null") + "-" + (right ?? "null");

    private static string Add(string key, string value, string aggregate) => aggregate + "+" + value;

    private static string Subtract(string key, string value, string aggregate) => aggregate + "-" + value;
}
