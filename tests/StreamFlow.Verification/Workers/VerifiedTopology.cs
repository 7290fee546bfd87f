namespace StreamFlow.Verification.Workers;

/// <summary>
/// What the workers run: a stream-table join, and behind a repartition topic unwindowed and windowed aggregates, in
/// RocksDB and in memory, with record cache and without; beside it a way from topic to topic that has no state, and
/// <see cref="VerifiedJoins"/>.
/// </summary>
internal static class VerifiedTopology
{
    public static Topology Build(CrashPoints points, Plant plant)
    {
        var builder = new StreamsBuilder();
        var input = builder.Stream<string, string>(Workload.Input);
        var accounts = builder.Table<string, string>(
            Workload.Accounts, materialized: new Materialized<string, string> { Name = Workload.AccountsStore });
        input.Join(accounts, static (value, account) => $"{value}|{account}").To(Workload.Joined);

        var byCategory = input.GroupBy(
            static (_, value) => Workload.CategoryOf(value), new Grouped<string, string> { Name = "by-category" });
        foreach (var store in Workload.Stores)
        {
            Add(byCategory, store, points, plant);
        }

        VerifiedJoins.Add(builder, input, accounts);
        builder.Stream<string, string>(Workload.Passing).To(Workload.Passed);
        return builder.Build();
    }

    private static void Add(KGroupedStream<string, string> grouped, StoreSpec store, CrashPoints points, Plant plant)
    {
        var materialized = new Materialized<string, string>
        {
            Name = store.Name,
            CachingEnabled = store.IsCached,
            StoreType = store.IsPersistent ? StoreType.Persistent : StoreType.InMemory,
        };
        Func<string, string, string, string> next = !store.IsPersistent && plant.Is(Plants.WrongInMemory)
            ? (_, value, aggregate) => Workload.Next(aggregate, plant.IsDue() ? value + "7" : value)
            : static (_, value, aggregate) => Workload.Next(aggregate, value);
        if (store.IsWindowed)
        {
            // Nothing is ever late: every input has to be counted, however far partitions drift apart.
            var windows = TumblingWindows.Of(TimeSpan.FromMilliseconds(Workload.WindowMs), TimeSpan.FromDays(1));
            grouped.WindowedBy(windows)
                .Aggregate(static () => string.Empty, next, materialized)
                .ToStream().To(store.Name);
            return;
        }

        grouped.Aggregate(static () => string.Empty, next, materialized)
            .ToStream()
            .Peek((_, _) => points.Reach(CrashPoints.AfterMutate))
            .To(store.Name);
    }
}
