using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>Joins of tables by a foreign key: scenarios C79 to C84, F08, and the topologies of <c>TableFamilies.java</c>.</summary>
internal static class ForeignKeyScenarios
{
    private static readonly TimeSpan History = TimeSpan.FromMinutes(5);

    public static IEnumerable<KeyValuePair<string, Action<StreamsBuilder>>> All => Own.Concat(
        from scenario in new[] { "C79", "C80", "C81", "C82", "C82b first insert null FK", "C83" }
        from left in new[] { false, true }
        let store = scenario == "C79" ? "res" : null
        select KeyValuePair.Create(
            $"{scenario} left={(left ? 1 : 0)}",
            (Action<StreamsBuilder>)(b => Join(b, left, new() { Materialized = new() { Name = store } }))));

    /// <summary>A value without bytes is a value.</summary>
    public static IEnumerable<KeyValuePair<(string Scenario, string Line), string?>> Differences =>
    [
        new(("foreign-key join empty value", "  L a:v|x@10 -> a=null@10"), "  L a:v|x@10 -> a=v|x-@10"),
    ];

    private static Dictionary<string, Action<StreamsBuilder>> Own => new(StringComparer.Ordinal)
    {
        ["C84"] = b => Join(b, left: false, null),
        ["C84 upgrade 3.3"] = b => Join(b, left: false, null),
        ["F08 foreign-key join"] = b => Table(b, "L", new() { Name = "l" })
            .LeftJoin(
                Table(b, "R", new() { Name = "r" }),
                (_, v) => v.Split('|')[0],
                (v, row) => v + "," + row?.Value,
                new() { Name = "fk", Materialized = new() { Name = "res" } })
            .ToStream().To("out"),
        ["foreign-key join versioned left"] = b => Table(b, "L", new() { Name = "l", History = History })
            .Join(Table(b, "R"), ForeignKey, Pair).ToStream().To("out"),
        ["foreign-key join versioned right"] = b => Table(b, "L")
            .LeftJoin(Table(b, "R", new() { Name = "r", History = History }), ForeignKey, LeftPair).ToStream().To("out"),
        ["foreign-key join of views"] = b => Table(b, "L").Filter((_, v) => !v.StartsWith("no", StringComparison.Ordinal))
            .LeftJoin(Table(b, "R").MapValues(v => v == "none" ? null! : "m" + v), ForeignKey, LeftPair).ToStream().To("out"),
        ["foreign-key join with itself"] = b =>
        {
            var table = Table(b, "L");
            table.LeftJoin(table, ForeignKey, LeftPair).ToStream().To("out");
        },
        ["foreign-key join grouped"] = b => Table(b, "L").Join(Table(b, "R"), ForeignKey, Pair)
            .GroupBy((_, v) => ("g", v))
            .Aggregate(() => "0", (_, v, a) => a + "+" + v, (_, v, a) => a + "-" + v, new() { Name = "a" })
            .ToStream().To("out"),
        ["foreign-key join named left wire"] = b => Table(b, "L")
            .LeftJoin(Table(b, "R"), ForeignKey, LeftPair, Named()).ToStream().To("out"),
        ["foreign-key join inner wire"] = b => Table(b, "L")
            .Join(Table(b, "R"), ForeignKey, Pair, Named()).ToStream().To("out"),
        ["foreign-key join empty value"] = b => Table(b, "L").Join(Table(b, "R"), ForeignKey, Pair).ToStream().To("out"),
    };

    private static void Join(StreamsBuilder builder, bool left, TableJoined<string, string, string>? joined)
    {
        var (table, other) = (Table(builder, "L"), Table(builder, "R"));
        (left
            ? table.LeftJoin(other, ForeignKey, (v, row) => $"({v},{row?.Value ?? "null"})", joined)
            : table.Join(other, ForeignKey, (v, row) => $"({v},{row})", joined)).ToStream().To("out");
    }

    private static TableJoined<string, string, string> Named() => new() { Name = "fk", Materialized = new() { Name = "res" } };

    private static KTable<string, string> Table(
        StreamsBuilder builder, string topic, Materialized<string, string>? materialized = null) =>
        builder.Table(topic, materialized: materialized);

    private static string? ForeignKey(string key, string value) => value.Contains('|') ? value.Split('|')[1] : null;

    private static string LeftPair(string left, ValueAndTimestamp<string>? right) => Pair(left, right?.Value ?? "null");

    private static string Pair(string left, string right) => left + "-" + right;
}
