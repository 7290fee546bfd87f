using System.Reactive.Disposables;
using StreamFlow;
using StreamFlow.Reactive;

namespace RiderMap;

/// <summary>
/// What has changed on the map since one page was told last: three stores, observed. Of several changes of a row the last one waits, so
/// a page that is slow is told less, and the memory of what waits is bounded by the rows.
/// </summary>
internal sealed class MapChanges : IDisposable
{
    private readonly CompositeDisposable _observed;
    private readonly Lock _gate = new();
    private Dictionary<string, SeenRider> _riders = [];
    private Dictionary<string, long> _zones = [];
    private Dictionary<string, Delivery?> _deliveries = [];

    /// <param name="application">Whose stores they are.</param>
    /// <param name="interval">How often to look.</param>
    public MapChanges(StreamsApplication application, TimeSpan interval)
    {
        var often = new StoreObservationOptions { Interval = interval };
        _observed =
        [
            application.ObserveStore<string, Rider>(Pipeline.Riders, often).Subscribe(Change<Rider>(row =>
                _riders[row.Key] = new SeenRider(row.Key, row.Value.Last!, row.Timestamp))),
            application.ObserveStore<string, long>(Pipeline.RidersPerZone, often).Subscribe(Change<long>(row =>
                _zones[row.Key] = row.Value)),
            application.ObserveStore<string, TrackedDelivery>(Pipeline.TrackedDeliveries, often).Subscribe(Change<TrackedDelivery>(row =>
                _deliveries[row.Key] = row.HasValue ? row.Value.Delivery : null)),
        ];
    }

    /// <summary>What has changed since the last call; at the first one, all that is there.</summary>
    public MapPicture Take()
    {
        lock (_gate)
        {
            var picture = new MapPicture([.. _riders.Values], _zones, _deliveries);
            (_riders, _zones, _deliveries) = ([], [], []);
            return picture;
        }
    }

    public void Dispose() => _observed.Dispose();

    private Action<Record<string, T>> Change<T>(Action<Record<string, T>> change) => row =>
    {
        lock (_gate)
        {
            change(row);
        }
    };
}

/// <summary>What a page is told.</summary>
/// <param name="Riders">Riders who have pushed.</param>
/// <param name="Zones">Riders in zones where that has changed.</param>
/// <param name="Deliveries">Deliveries that have changed, null for one that is gone.</param>
internal sealed record MapPicture(
    IReadOnlyList<SeenRider> Riders, IReadOnlyDictionary<string, long> Zones, IReadOnlyDictionary<string, Delivery?> Deliveries);

/// <summary>A rider on the map.</summary>
/// <param name="Id">Who.</param>
/// <param name="At">Where.</param>
/// <param name="Time">When it was pushed, in milliseconds: the page moves the rider in what two pushes are apart.</param>
internal sealed record SeenRider(string Id, Position At, long Time);
