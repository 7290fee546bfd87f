using StreamFlow.State;

namespace StreamFlow.Tests.Conformance;

/// <summary>The topologies of the scenarios on joins of streams with streams and with global tables.</summary>
internal static class StreamJoinScenarios
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> All = new(StringComparer.Ordinal)
    {
        ["C55"] = b => Inner(b, Within(100)),
        ["C57 rocks"] = b => Inner(b, Within(10)),
        ["C57 mem"] = b => Inner(b, Within(10), new() { StoreType = StoreType.InMemory }),
        ["C58"] = b => Left(b, Within(100, 10)),
        ["C59"] = b => Left(b, Within(100)),
        ["C60"] = b => Left(b, Within(100, 10)),
        ["C61/67"] = b => Outer(b, Within(100, 10)),
        ["C62"] = b => Outer(b, Within(5) with { After = TimeSpan.FromMilliseconds(20) }),
        ["C63"] = b => Left(b, Within(100) with { After = TimeSpan.Zero }),
        ["C64"] = b => Left(b, Within(10, 100)),
        ["C65"] = b => Left(b, Within(100)),
        ["C65 asym trigger side"] = b => Left(b, Within(1000) with { After = TimeSpan.Zero }),
        ["C66 inner"] = b => Inner(b, Within(10)),
        ["C66 left"] = b => Left(b, Within(10)),
        ["C66 outer"] = b => Outer(b, Within(10)),
        ["C68 opt=0"] = b => Self(b, Within(10_000, 10_000)),
        ["C68 opt=1"] = b => Self(b, Within(10_000, 10_000)),
        ["C68b asym late opt=0"] = b => Self(b, Within(10) with { After = TimeSpan.FromMilliseconds(3) }),
        ["C68b asym late opt=1"] = b => Self(b, Within(10) with { After = TimeSpan.FromMilliseconds(3) }),
        ["C68c left self join opt=0"] = SelfLeft,
        ["C68c left self join opt=1"] = SelfLeft,
        ["C56 kind=0"] = b => Inner(b, Within(10_000, 86_400_000)),
        ["C56 kind=1"] = b => Left(b, Within(10_000, 86_400_000)),
        ["C56 kind=2"] = b => Outer(b, Within(10_000, 86_400_000)),
        ["join store changelogs"] = b => Outer(b, Within(10), new() { StoreName = "js" }),
        ["left join throttled"] = b => Left(b, Within(100)),
        ["F07 stream-stream join format=DEFAULT"] = b => Outer(b, Within(10), new() { StoreName = "js" }),
        ["C70 kind=0 rv=0"] = b => L(b).Join(b.Table<string, string>("R"), (l, r) => l + "-" + r).To("out"),
        ["C70 kind=0 rv=1"] = b => L(b).Join(Versioned(b), (l, r) => l + "-" + r).To("out"),
        ["C70 kind=1 rv=0"] = b => L(b).LeftJoin(b.Table<string, string>("R"), (l, r) => l + "-" + (r?.Value ?? "null")).To("out"),
        ["C70 kind=1 rv=1"] = b => L(b).LeftJoin(Versioned(b), (l, r) => l + "-" + (r?.Value ?? "null")).To("out"),
        ["C71 S23 grace kind=0"] = b => L(b).Join(Versioned(b), (l, r) => l + "-" + r, Grace).To("out"),
        ["C71 S23 grace kind=1"] = GraceLeft,
        ["C71b grace left null key + changelog"] = GraceLeft,
        ["C71c small"] = b => L(b).Join(Versioned(b), (l, r) => l + "-" + r, Grace).To("out"),
        ["C73 kind=0"] = b =>
        {
            var table = b.GlobalTable<string, string>("G");
            L(b).Join(table, BehindBar, (l, row) => l + "-" + row).To("out");
        },
        ["C73 kind=1"] = b =>
        {
            var table = b.GlobalTable<string, string>("G");
            L(b).LeftJoin(table, BehindBar, (l, row) => l + "-" + (row?.Value ?? "null")).To("out");
        },
        ["old api JoinWindows.of"] = b => Left(b, Within(100, 86_400_000 - 200)),
        ["C100 repartition"] = b => L(b).Repartition(new() { Name = "rp" }).To("out"),
        ["C100 kind=0"] = b => L(b).SelectKey((_, _) => (string)null!).Join(R(b), (l, r) => l + "-" + r, Within(10), new() { Name = "jn" }).To("out"),
        ["C100 kind=1"] = b => L(b).SelectKey((_, _) => (string)null!)
            .LeftJoin(R(b), (l, r) => l + "-" + (r?.Value ?? "null"), Within(10), new() { Name = "jn" }).To("out"),
    };

    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // A record that comes too late to be kept for the other side is counted, in stores of either kind.
        [("C57 rocks", "  dropped=0.0")] = "  dropped=3.0",
        [("C60", "  dropped=0.0")] = "  dropped=1.0",
        [("C68b asym late opt=0", "  dropped=0.0")] = "  dropped=2.0",
        [("C68b asym late opt=1", "  dropped=0.0")] = "  dropped=1.0",

        // Nobody says that a record has met none while one may still come that it meets.
        [("C64", "  L k:a@20 -> k=a+null@20")] = "  L k:a@20 -> -",

        // Nor later than need be.
        [("C65", "  L k4:v@160 -> -")] = "  L k4:v@160 -> k1=v+null@50",
        [("C65", "  L k5:v@190 -> -")] = "  L k5:v@190 -> -",
        [("C65", "  L k6:v@191 -> k1=v+null@50 k2=v+null@90")] = "  L k6:v@191 -> k2=v+null@90",
        [("C65 asym trigger side", "  R q:x@50 -> -")] = "  R q:x@50 -> k0=v+null@0",
        [("C65 asym trigger side", "  L k1:v@1001 -> k0=v+null@0")] = "  L k1:v@1001 -> -",
        [("left join throttled", "  L b:1@200 -> -")] = "  L b:1@200 -> a=1+null@0",
        [("left join throttled", "  L c:1@400 -> -")] = "  L c:1@400 -> b=1+null@200",
        [("left join throttled", "  L d:1@401 -> a=1+null@0 b=1+null@200")] = "  L d:1@401 -> -",
        [("left join throttled", "  L e:1@600 -> -")] = "  L e:1@600 -> c=1+null@400 d=1+null@401",
        [("left join throttled", "  L f:1@1000 -> c=1+null@400 d=1+null@401 e=1+null@600")] = "  L f:1@1000 -> e=1+null@600",

        // A record without a key has no row to wait for.
        [("C71b grace left null key + changelog", "  L null:n@6 -> EXC")] = "  L null:n@6 -> null=n-null@6",

        // A self-join with one store gives what it gives with two.
        [("C68b asym late opt=1", "  L k:E@98 -> k=E-A@100 k=A-E@100")] = "  L k:E@98 -> k=E-A@100 k=E-E@98 k=A-E@100",

        // A record without a key that a repartition leaves out is counted.
        [("C100 kind=0", "  dropped=0.0")] = "  dropped=1.0",
        [("C100 repartition", "  dropped=0.0")] = "  dropped=1.0",

        // Nobody is told eagerly.
        [("old api JoinWindows.of", "  L k:a@0 -> k=a+null@0")] = "  L k:a@0 -> -",
    };

    static StreamJoinScenarios()
    {
        // The records of the buffer's changelog have the time of the record that waits, or that made it leave.
        foreach (var (key, value, time) in new[]
        {
            ("0000000000000000056b00000001", "00000000000000050000000000000000000000014c00000000000000010000000168000000026831ffffffffffffffff00000001610000000000000000", 5),
            ("0000000000000000056b00000002", "00000000000000050000000000000001000000014c00000000000000010000000168000000026832ffffffffffffffff00000001620000000000000000", 5),
            ("0000000000000000076b00000003", "00000000000000070000000000000004000000014c00000000000000010000000168000000026833ffffffffffffffff00000001630000000000000000", 7),
            ("0000000000000000056b00000001", "null", 7),
            ("0000000000000000056b00000002", "null", 7),
        })
        {
            var line = $"    raw app-Grace-Buffer-changelog key={key} val={value} ts=";
            Differences.Add(("C71b grace left null key + changelog", line + "null hdr="), $"{line}{time} hdr=");
        }
    }

    public static ScenarioSet Set => new("StreamJoins.recorded.txt") { Topologies = All, Differences = Differences };

    private static KStream<string, string> L(StreamsBuilder builder) => builder.Stream<string, string>("L");

    private static KStream<string, string> R(StreamsBuilder builder) => builder.Stream<string, string>("R");

    private static JoinWindows Within(int difference, int grace = 0) =>
        JoinWindows.Of(TimeSpan.FromMilliseconds(difference), TimeSpan.FromMilliseconds(grace));

    private static void Inner(StreamsBuilder builder, JoinWindows windows, StreamJoined<string, string, string>? joined = null) =>
        L(builder).Join(R(builder), Both, windows, joined).To("out");

    private static void Left(StreamsBuilder builder, JoinWindows windows) =>
        L(builder).LeftJoin(R(builder), (l, r) => Both(l, r?.Value), windows).To("out");

    private static void Outer(StreamsBuilder builder, JoinWindows windows, StreamJoined<string, string, string>? joined = null) =>
        L(builder).OuterJoin(R(builder), (l, r) => Both(l?.Value, r?.Value), windows, joined).To("out");

    private static void Self(StreamsBuilder builder, JoinWindows windows)
    {
        var stream = L(builder);
        stream.Join(stream, (l, r) => l + "-" + r, windows).To("out");
    }

    private static void SelfLeft(StreamsBuilder builder)
    {
        var stream = L(builder);
        stream.LeftJoin(stream, (l, r) => l + "-" + (r?.Value ?? "null"), Within(10)).To("out");
    }

    private static Joined<string, string> Grace => new() { Name = "Grace", GracePeriod = TimeSpan.FromMilliseconds(2) };

    private static KTable<string, string> Versioned(StreamsBuilder builder) =>
        builder.Table<string, string>("R", materialized: new() { Name = "vR", History = TimeSpan.FromMinutes(5) });

    private static void GraceLeft(StreamsBuilder builder) =>
        L(builder).LeftJoin(Versioned(builder), (l, r) => l + "-" + (r?.Value ?? "null"), Grace).To("out");

    private static string? BehindBar(string key, string value) => value.Contains('|', StringComparison.Ordinal) ? value.Split('|')[1] : null;

    private static string Both(string? left, string? right) => (left ?? "null") + "+" + (right ?? "null");
}
