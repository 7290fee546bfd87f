using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>What is measured of stores.</summary>
internal sealed class StoreInstruments
{
    /// <param name="meter">The application's meter.</param>
    /// <param name="level">Whether calls are timed.</param>
    public StoreInstruments(Meter meter, MetricsLevel level)
    {
        All = new LiveSet<StoreCounts>(meter);
        All.Counters("streamflow.store.lookups", "{lookup}", "Keys looked up, by whether they were in memory.", Lookups);
        All.Gauge<long>("streamflow.store.entries", "{entry}", "Entries of the store; an estimate.", s => s.Entries?.Invoke());
        All.Gauge<long>(
            "streamflow.store.cache.usage", "By", "Bytes of the store's entries in its thread's record cache.", s => s.CacheBytes?.Invoke());
        foreach (var statistic in StoreStatistics.All)
        {
            All.Gauge<long>(statistic.Instrument, statistic.Unit, statistic.Description, s => s.Statistics?.Invoke(statistic.Name));
        }

        if (level == MetricsLevel.Debug)
        {
            All.Counters("streamflow.store.operations", "{operation}", "Calls of the store, by what they are.", Calls);
            All.Counters("streamflow.store.operation.time", "s", "Time that they took.", Seconds);
        }
    }

    /// <summary>The stores of the tasks that run.</summary>
    public LiveSet<StoreCounts> All { get; }

    private static IEnumerable<Measurement<long>> Lookups(StoreCounts store) =>
    [
        new(store.Lookups - store.Misses, store.With("result", "hit")),
        new(store.Misses, store.With("result", "miss")),
    ];

    private static IEnumerable<Measurement<long>> Calls(StoreCounts store) =>
        StoreCounts.Operations.Select((name, i) => new Measurement<long>(store.Calls(i), store.With("operation", name)));

    private static IEnumerable<Measurement<double>> Seconds(StoreCounts store) =>
        StoreCounts.Operations.Select((name, i) => new Measurement<double>(store.Seconds(i), store.With("operation", name)));
}
