namespace RiderMap;

/// <summary>Where a rider is, as the rider's phone pushes it on <c>rider-positions</c>, keyed by the rider.</summary>
/// <param name="X">Metres east of the city's north-west corner.</param>
/// <param name="Y">Metres south of it.</param>
/// <param name="EastWest">Whether the rider is in a street that runs from east to west.</param>
internal sealed record Position(int X, int Y, bool EastWest);

/// <summary>What is known of a rider: a row of <c>riders</c>.</summary>
/// <param name="Last">The latest position.</param>
/// <param name="Zone">The zone that it lies in.</param>
/// <param name="Positions">How many positions came, so that one lost or counted twice shows.</param>
internal sealed record Rider(Position? Last, string Zone, long Positions)
{
    public static readonly Rider Unknown = new(null, "", 0);

    public Rider MovedTo(Position position) => new(position, City.ZoneOf(position), Positions + 1);
}

/// <summary>A delivery as the dispatcher writes it on <c>deliveries</c>, keyed by its number; deleted some time after it has arrived.</summary>
/// <param name="Rider">Who carries it.</param>
/// <param name="X">Where to, in metres east of the city's north-west corner.</param>
/// <param name="Y">Metres south of it.</param>
/// <param name="Arrived">Whether the customer has it.</param>
internal sealed record Delivery(string Rider, int X, int Y, bool Arrived);

/// <summary>A delivery with where it is: a row of <c>tracked-deliveries</c>.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="At">Position of its rider; null once it has arrived.</param>
internal sealed record TrackedDelivery(Delivery Delivery, Position? At);

/// <summary>A delivery that has set out; a record of <c>departures</c>, keyed by its rider.</summary>
/// <param name="Delivery">Number of the delivery.</param>
/// <param name="From">Where its rider was.</param>
internal sealed record Departure(string Delivery, Position From);
