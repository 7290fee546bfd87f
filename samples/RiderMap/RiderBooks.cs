using System.Buffers.Binary;
using StreamFlow.Samples;

namespace RiderMap;

/// <summary>
/// What the tables must show, by all that has happened; and what they show. The fleet is the same in each run: what earlier runs left
/// on the brokers is where this one goes on.
/// </summary>
internal sealed class RiderBooks
{
    private readonly Dictionary<string, Rider> _told = [];
    private readonly Dictionary<string, Rider> _seen = [];
    private readonly Dictionary<string, long> _seenInZone = [];
    private readonly Dictionary<string, long> _inZone = [];
    private readonly Dictionary<string, (string Id, Delivery Delivery)> _carried = [];
    private readonly BookSum _positions;
    private readonly BookTable<string, Rider> _riders;
    private readonly BookTable<string, long> _zones;
    private readonly BookSum _inAllZones;
    private readonly BookOnce<string> _departures;
    private readonly BookTable<string, TrackedDelivery> _deliveries;

    public RiderBooks(Books books)
    {
        _positions = books.Sum("positions, each counted once");
        _riders = books.Table<string, Rider>("riders, each at the last position that was sent");
        _zones = books.Table<string, long>("zones, each with the riders in it");
        _inAllZones = books.Sum("riders in zones, all of them together");
        _departures = books.Once<string>("deliveries, each joined with its rider once");
        _deliveries = books.Table<string, TrackedDelivery>("deliveries on the map, each where its rider is, or arrived");
        books.Read(Pipeline.Riders, SeeRider, EarlierRider);
        books.Read(Pipeline.RidersPerZone, SeeZone, EarlierZone);
        books.Read(Pipeline.Departures, record => _departures.See(record.Value<Departure>().Delivery));
        books.Read(Pipeline.TrackedDeliveries, SeeDelivery, EarlierDelivery);
    }

    /// <summary>Deliveries of an earlier run that nobody will bring any more.</summary>
    public HashSet<string> Abandoned { get; } = [];

    /// <summary>Something has happened, and was sent.</summary>
    public void Expect(Happening happening)
    {
        switch (happening.Value)
        {
            case Position position:
                ExpectRider(happening.Key, position);
                break;
            case Delivery delivery:
                ExpectDelivery(happening.Key, delivery);
                break;
            default:
                _deliveries.ExpectNone(happening.Key);
                break;
        }
    }

    private void ExpectRider(string id, Position position)
    {
        var before = _told.GetValueOrDefault(id, Rider.Unknown);
        var now = _told[id] = before.MovedTo(position);
        _positions.Expect();
        _riders.Expect(id, now);
        if (before.Last is null)
        {
            _inAllZones.Expect();
            ExpectInZone(now.Zone, 1);
        }
        else if (before.Zone != now.Zone)
        {
            ExpectInZone(before.Zone, -1);
            ExpectInZone(now.Zone, 1);
        }

        if (_carried.TryGetValue(id, out var carried))
        {
            _deliveries.Expect(carried.Id, new TrackedDelivery(carried.Delivery, position));
        }
    }

    /// <summary>
    /// A zone without riders counts as none: its row is 0, or is not there at all where riders have only crossed it between two commits.
    /// </summary>
    private void ExpectInZone(string zone, long change)
    {
        var count = _inZone[zone] = _inZone.GetValueOrDefault(zone) + change;
        if (count == 0)
        {
            _zones.ExpectNone(zone);
        }
        else
        {
            _zones.Expect(zone, count);
        }
    }

    private void ExpectDelivery(string id, Delivery delivery)
    {
        if (delivery.Arrived)
        {
            _carried.Remove(delivery.Rider);
            _deliveries.Expect(id, new TrackedDelivery(delivery, null));
        }
        else
        {
            _departures.Expect(id);
            _carried[delivery.Rider] = (id, delivery);
            _deliveries.Expect(id, new TrackedDelivery(delivery, _told[delivery.Rider].Last));
        }
    }

    private void SeeRider(SeenRecord record)
    {
        var row = record.Value<Rider>();
        _positions.See(row.Positions - _seen.GetValueOrDefault(record.Key, Rider.Unknown).Positions);
        _riders.See(record.Key, _seen[record.Key] = row);
    }

    private void EarlierRider(SeenRecord record)
    {
        if (!_told.ContainsKey(record.Key))
        {
            _inAllZones.Expect();
        }

        _told[record.Key] = _seen[record.Key] = record.Value<Rider>();
        _riders.Expect(record.Key, _told[record.Key]);
        _riders.See(record.Key, _told[record.Key]);
    }

    private void SeeZone(SeenRecord record)
    {
        var count = BinaryPrimitives.ReadInt64BigEndian(record.Result.Message.Value);
        _inAllZones.See(count - _seenInZone.GetValueOrDefault(record.Key));
        _seenInZone[record.Key] = count;
        if (count == 0)
        {
            _zones.SeeNone(record.Key);
        }
        else
        {
            _zones.See(record.Key, count);
        }
    }

    private void EarlierZone(SeenRecord record)
    {
        SeeZone(record);
        ExpectInZone(record.Key, _seenInZone[record.Key] - _inZone.GetValueOrDefault(record.Key));
    }

    private void SeeDelivery(SeenRecord record)
    {
        if (record.IsDeletion)
        {
            _deliveries.SeeNone(record.Key);
        }
        else
        {
            _deliveries.See(record.Key, record.Value<TrackedDelivery>());
        }
    }

    private void EarlierDelivery(SeenRecord record)
    {
        SeeDelivery(record);
        _ = record.IsDeletion ? Abandoned.Remove(record.Key) : Abandoned.Add(record.Key);
    }
}
