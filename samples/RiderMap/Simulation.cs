using System.Globalization;

namespace RiderMap;

/// <summary>Something that happens in the city: a value for a key of a topic, null to delete it.</summary>
internal readonly record struct Happening(string Topic, string Key, object? Value);

/// <summary>
/// Riders who fetch and deliver, each pushing a position in its turn. The same seed gives the same city; the numbers of deliveries
/// contain the run's, so that they never meet those of an earlier one.
/// </summary>
internal sealed class Simulation(int seed, int riders, string run)
{
    private readonly Random _random = new(seed);
    private readonly SimulatedRider[] _riders = new SimulatedRider[riders];
    private int _next;
    private int _lastDelivery;

    /// <summary>The next rider pushes a position; what comes of it follows.</summary>
    public IEnumerable<Happening> Push()
    {
        var rider = _riders[_next] ??= new SimulatedRider(string.Create(CultureInfo.InvariantCulture, $"r{_next + 1:D4}"), _random);
        _next = (_next + 1) % _riders.Length;
        var arrived = rider.Ride(_random);
        yield return new Happening(Pipeline.Positions, rider.Id, rider.At);
        if (arrived && rider.Carries is { } delivery)
        {
            yield return Told(rider.Delivery, delivery with { Arrived = true });
            if (rider.DeliveryBefore is { } before)
            {
                yield return Told(before, null);
            }

            rider.HandOver(_random);
        }
        else if (arrived)
        {
            rider.Fetch(string.Create(CultureInfo.InvariantCulture, $"{run}-{++_lastDelivery}"), _random);
            yield return Told(rider.Delivery, rider.Carries);
        }
    }

    private static Happening Told(string? id, Delivery? delivery) => new(Pipeline.Deliveries, id!, delivery);
}
