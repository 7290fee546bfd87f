using StreamFlow.State;

namespace StreamFlow.Benchmarks.Operators;

internal static class StatelessCases
{
    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        new(OperatorCases.Hop, builder => builder.Stream<long, long>("in").To("out")),
        new("filter, mapValues", builder => builder.Stream<long, long>("in")
            .Filter((_, value) => value >= 0).MapValues((_, value) => value + 1).To("out")),
        new("map, peek, selectKey", builder => builder.Stream<long, long>("in")
            .Map((key, value) => (key, value + 1)).Peek((_, _) => { }).SelectKey((key, _) => key).To("out")),
        new("flatMapValues of one", builder => builder.Stream<long, long>("in").FlatMapValues((_, value) => new[] { value }).To("out")),
        new("branch, merge", Branch),
        new("process", builder => builder.Stream<long, long>("in").Process(() => new Forward()).To("out")),
        new("processValues", builder => builder.Stream<long, long>("in").ProcessValues(() => new ForwardValue()).To("out")),
        new("process with a store", builder => builder.Stream<long, long>("in")
            .Process(() => new Count(), new() { Stores = [new KeyValueStoreBuilder<long, long>("counts")] }).To("out")),
        new("repartition", builder => builder.Stream<long, long>("in").Repartition(new() { Name = "again" }).To("out")),
    ];

    private static void Branch(StreamsBuilder builder)
    {
        var branches = builder.Stream<long, long>("in").Split("is-")
            .Branch((_, value) => value % 2 == 0, new() { Name = "even" })
            .DefaultBranch(new() { Name = "odd" });
        branches["is-even"].Merge(branches["is-odd"]).To("out");
    }

    private sealed class Forward : ContextualProcessor<long, long, long, long>
    {
        public override void Process(Record<long, long> record) => Context.Forward(record);
    }

    private sealed class ForwardValue : ContextualFixedKeyProcessor<long, long, long>
    {
        public override void Process(FixedKeyRecord<long, long> record) => Context.Forward(record);
    }

    private sealed class Count : ContextualProcessor<long, long, long, long>
    {
        private IKeyValueStore<long, long>? _counts;

        public override void Init(ProcessorContext<long, long> context)
        {
            base.Init(context);
            _counts = context.GetStateStore<IKeyValueStore<long, long>>("counts");
        }

        public override void Process(Record<long, long> record)
        {
            var count = _counts!.TryGet(record.Key, out var before) ? before + 1 : 1;
            _counts.Put(record.Key, count, record.Timestamp);
            Context.Forward(record.WithValue(count));
        }
    }
}
