namespace StreamFlow.Benchmarks.Operators;

internal static class JoinCases
{
    private static readonly string[] Both = ["in", "other"];
    private static readonly JoinWindows Windows = JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        new(OperatorCases.Hop, builder => builder.Stream<long, long>("in").To("out")),
        new("stream-table join", builder => builder.Stream<long, long>("in")
            .Join(builder.Table<long, long>("other"), (one, row) => one + row).To("out")),
        new("stream-global table join", builder => builder.Stream<long, long>("in")
            .Join(builder.GlobalTable<long, long>("other"), (key, _) => key, (long one, long row) => one + row).To("out")),
        new("stream-stream join", builder => builder.Stream<long, long>("in")
            .Join(builder.Stream<long, long>("other"), (one, other) => one + other, Windows).To("out")) { Feeds = Both },
        new("stream-stream outer join", builder => builder.Stream<long, long>("in")
            .OuterJoin(builder.Stream<long, long>("other"), (one, other) => one?.Value ?? other?.Value ?? 0, Windows).To("out")) { Feeds = Both },
        new("table-table join", builder => builder.Table<long, long>("in")
            .Join(builder.Table<long, long>("other"), (one, other) => one + other).ToStream().To("out")) { Feeds = Both },
        new("foreign-key join", builder => builder.Table<long, long>("in")
            .Join(builder.Table<long, long>("other"), (_, value) => value % GeneratedReader.Keys, (long one, long other) => one + other)
            .ToStream().To("out")),
    ];
}
