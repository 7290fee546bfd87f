namespace StreamFlow.Benchmarks.Operators;

internal static class AggregationCases
{
    private static readonly TimeSpan Size = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Advance = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Difference = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        new(OperatorCases.Hop, builder => builder.Stream<long, long>("in").To("out")),
        new("count", builder => Group(builder).Count().ToStream().To("out")),
        new("count, cached", builder => Group(builder).Count().ToStream().To("out")) { CacheBytes = 10 << 20 },
        new("groupBy, count", builder => builder.Stream<long, long>("in").GroupBy((key, _) => key + 1).Count().ToStream().To("out")),
        new("reduce", builder => Group(builder).Reduce((one, other) => one + other).ToStream().To("out")),
        new("tumbling count", builder => Write(Group(builder).WindowedBy(TumblingWindows.Of(Size, Grace)).Count())),
        new("hopping count, 5 windows", builder => Write(Group(builder).WindowedBy(HoppingWindows.Of(Size, Advance, Grace)).Count())),
        new("sliding count", builder => Write(Group(builder).WindowedBy(SlidingWindows.Of(Difference, Grace)).Count())),
        new("session count", builder => Write(Group(builder).WindowedBy(SessionWindows.Of(Gap, Grace)).Count())),
        new("cogroup of two", Cogroup) { Feeds = ["in", "other"] },
        new("tumbling count, suppressed", builder => Write(
            Group(builder).WindowedBy(TumblingWindows.Of(Size, Grace)).Count().Suppress(Suppressed.UntilWindowCloses()))),
        new("tumbling count, on close", builder => Write(
            Group(builder).WindowedBy(TumblingWindows.Of(Size, Grace)).EmitStrategy(EmitStrategy.OnWindowClose).Count())),
        new("table groupBy, count", builder => builder.Table<long, long>("in")
            .GroupBy((key, value) => (value % GeneratedReader.Keys, value)).Count().ToStream().To("out")),
    ];

    private static KGroupedStream<long, long> Group(StreamsBuilder builder) => builder.Stream<long, long>("in").GroupByKey();

    // The record as a whole: a session that has grown is taken back, without a count.
    private static void Write(KTable<Windowed<long>, long> table) => table.ToStream(record => record.Key.Key).To("out");

    private static void Cogroup(StreamsBuilder builder) => Group(builder)
        .Cogroup<long>((_, value, sum) => sum + value)
        .Cogroup(builder.Stream<long, long>("other").GroupByKey(), (_, value, sum) => sum - value)
        .Aggregate(() => 0)
        .ToStream()
        .To("out");
}
