using StreamFlow.State;

namespace StreamFlow.Dashboard;

/// <summary>Makes the list of an application's stores.</summary>
internal static class StoresView
{
    public static StoresModel Of(HostedView view, IReadOnlyList<Reading> readings)
    {
        var byStore = readings.Where(r => r.Tags.Store is not null).ToLookup(r => (r.Instrument, r.Tags.Store!));
        return new StoresModel(
        [
            .. from part in view.Collection.Graph.Topology.SubTopologies
               from store in part.Stores
               select Of(view, part, store, byStore),
        ]);
    }

    /// <summary>What a store of a kind can be asked.</summary>
    public static IReadOnlyList<string> QueriesOf(StoreKind kind) => kind switch
    {
        StoreKind.KeyValue => ["key", "range", "prefix", "all"],
        StoreKind.Window => ["window", "all"],
        StoreKind.Session => ["session", "all"],
        StoreKind.Versioned => ["key", "asOf"],
        StoreKind.List => ["key", "range", "all"],
        _ => [],
    };

    private static StoreModel Of(
        HostedView view, SubTopologyDescription part, TopologyStore store, ILookup<(string Instrument, string Store), Reading> readings)
    {
        var partitions = PartitionsOf(view, store.Name);
        var (hits, misses) = (Lookups("hit"), Lookups("miss"));
        var sizes = readings[(InstrumentNames.FileSizes, store.Name)].Concat(readings[(InstrumentNames.MemtableSizes, store.Name)]).ToList();
        var cached = readings[(InstrumentNames.CacheSizes, store.Name)].ToList();
        var remaining = readings[(InstrumentNames.RestoreRemaining, store.Name)].Select(r => r.Value).ToList();
        return new StoreModel(store.Name, TopologyView.KindOf(store, part.IsGlobal), store.IsPersistent)
        {
            Entries = partitions.Count == 0 ? null : partitions.Sum(p => p.ApproximateCount),
            DiskBytes = sizes.Count == 0 ? null : (long)sizes.Sum(r => r.Value),
            CacheBytes = cached.Count == 0 ? null : (long)cached.Sum(r => r.Value),
            HitRatio = hits + misses > 0 ? hits / (hits + misses) : null,
            ChangelogTopic = store.ChangelogTopic,
            ChangelogLag = remaining.Count > 0 ? (long)remaining.Sum() : partitions.Count > 0 ? 0 : null,
            KeyType = TypeNames.Of(store.KeyType),
            ValueType = TypeNames.Of(store.ValueType),
            Partitions = [.. partitions.Select(p => p.TaskId.Partition)],
            CommittedUpTo =
            [
                .. partitions.Select(p => new CommittedModel(
                    p.TaskId.Partition,
                    [.. p.Inputs.Select(i => new PositionModel(i.Partition.Topic, i.Partition.Partition, i.Offset))])),
            ],
            Queries = store.KeyType is null ? [] : QueriesOf(store.Kind),
        };

        double Lookups(string result) =>
            readings[(InstrumentNames.Lookups, store.Name)].Where(r => r.Tags.What == result).Sum(r => r.Value);
    }

    private static IReadOnlyList<StorePartition> PartitionsOf(HostedView view, string store)
    {
        try
        {
            return view.Application.Stores.Partitions(store);
        }
        catch (StoreQueryException)
        {
            // It starts, or has stopped: nothing of the store is here.
            return [];
        }
    }
}
