using StreamFlow.Samples;
using StreamFlow.Serialization;

namespace FraudDetection;

/// <summary>A card payment as it arrives on <c>payments</c>, keyed by its card; its time is that of the record.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Card">The card that pays.</param>
/// <param name="Cents">Amount in cents.</param>
/// <param name="Merchant">Who is paid.</param>
/// <param name="Place">Where the card was held to a terminal.</param>
internal sealed record Payment(string Id, string Card, long Cents, string Merchant, Place Place);

/// <summary>A point on the earth.</summary>
internal sealed record Place(string City, double Latitude, double Longitude)
{
    private const double EarthRadiusKm = 6371;

    /// <summary>Distance along the surface, in kilometres (haversine).</summary>
    public double KilometresTo(Place other)
    {
        var north = double.DegreesToRadians(other.Latitude - Latitude);
        var east = double.DegreesToRadians(other.Longitude - Longitude);
        var half = Math.Pow(Math.Sin(north / 2), 2)
            + (Math.Cos(double.DegreesToRadians(Latitude)) * Math.Cos(double.DegreesToRadians(other.Latitude))
                * Math.Pow(Math.Sin(east / 2), 2));
        return 2 * EarthRadiusKm * Math.Asin(Math.Sqrt(half));
    }
}

/// <summary>A row of <c>blocked-cards</c>, keyed by the card.</summary>
/// <param name="Reason">Why nobody may pay with it.</param>
/// <param name="SinceMs">Event time from which on it is blocked: payments made before are judged as if it were not.</param>
internal sealed record BlockedCard(string Reason, long SinceMs);

/// <summary>A payment and, if its card is blocked, that.</summary>
internal sealed record CheckedPayment(Payment Payment, BlockedCard? Blocked);

/// <summary>What is decided about a payment, as it leaves on <c>verdicts</c>: approved, unless a rule objects.</summary>
internal sealed record Verdict(Payment Payment, IReadOnlyList<Objection> Objections)
{
    public bool IsApproved => Objections.Count == 0;
}

/// <summary>A rule that a payment breaks.</summary>
/// <param name="Rule">One of <see cref="Rules"/>.</param>
/// <param name="Why">What was found, for the person who has to explain it to the card holder.</param>
internal sealed record Objection(string Rule, string Why);

/// <summary>Where a card was last, in the order of event time.</summary>
internal sealed record LastSeen(Place Place, long AtMs);

internal static class FraudSerdes
{
    public static void Register(SerdeRegistry serdes)
    {
        serdes.Add(SampleJson.Serde<Payment>());
        serdes.Add(SampleJson.Serde<BlockedCard>());
        serdes.Add(SampleJson.Serde<Verdict>());
        serdes.Add(SampleJson.Serde<LastSeen>());
    }
}
