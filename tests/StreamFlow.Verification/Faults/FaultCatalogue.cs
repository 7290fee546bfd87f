using StreamFlow.TestSupport;
using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification.Faults;

/// <summary>Every kind of fault, over the workers and the broker of one run.</summary>
internal sealed class FaultCatalogue
{
    private readonly Arena _arena;
    private readonly Random _random;
    private readonly WorkerFaults _workers;
    private readonly WireFaults _wire;
    private readonly BrokerFaults _broker;
    private readonly ClusterFaults _cluster;

    public FaultCatalogue(Arena arena, Random random, SmallDisk? disk, string only)
    {
        (_arena, _random) = (arena, random);
        var deaths = new Deaths(arena, random);
        _workers = new WorkerFaults(arena, random, deaths);
        _wire = new WireFaults(arena, random, deaths);
        _broker = new BrokerFaults(arena, random);
        _cluster = new ClusterFaults(arena, random);
        All = [.. Kills().Concat(Others(disk)).Where(f => f.Name.StartsWith(only, StringComparison.Ordinal))];
        if (All.Count == 0)
        {
            throw new HarnessException($"No fault begins with '{only}'; there are: {string.Join(", ", Kills().Concat(Others(disk)).Select(f => f.Name))}.");
        }
    }

    public IReadOnlyList<Fault> All { get; }

    public Fault Pick()
    {
        var at = _random.Next(All.Sum(f => f.Weight));
        return All.First(f => (at -= f.Weight) < 0);
    }

    private IEnumerable<Fault> Kills() =>
    [
        new("kill worker", 12, _workers.KillAsync),
        new("kill broker", 6, _broker.KillAsync),
        .. CrashPoints.All.Select(p => new Fault($"kill worker {p}", 4, () => _workers.KillAtAsync(p))),
        .. WirePoint.All.Select(p => new Fault($"kill worker {p.Name}", 4, () => _wire.KillAtAsync(p))),
        .. _arena.Broker.CrashPoints.Select(p => new Fault($"kill broker {p}", 1, () => _broker.KillAtAsync(p))),
    ];

    private IEnumerable<Fault> Others(SmallDisk? disk)
    {
        yield return new("freeze worker", 3, () => _workers.FreezeAsync());
        foreach (var point in new[] { CrashPoints.AfterChangelogProduce, CrashPoints.BeforeLocalBatch })
        {
            yield return new($"freeze worker {point}", 1, () => _workers.FreezeAtAsync(point));
        }

        yield return new("freeze worker before-end-txn", 1, () => _wire.FreezeAtAsync(WirePoint.EndRequest));
        foreach (var point in new[] { WirePoint.EndRequest, WirePoint.EndAnswer })
        {
            var what = point.IsAfter ? "answer to end-txn" : "end-txn";
            yield return new($"drop {what}", 3, () => _wire.DisturbAsync(point, WireAction.Drop));
            yield return new($"delay {what}", 2, () => _wire.DisturbAsync(point, WireAction.Delay));
        }

        yield return new("join/leave storm", 2, _workers.StormAsync);
        yield return new("partitions added", 2, _cluster.AddPartitionsAsync);
        yield return new("a stranger in the group", 2, _cluster.VisitAsync);
        if (disk is not null)
        {
            yield return new("full state disk", 2, () => _workers.FillDiskAsync(disk));
        }
    }
}
