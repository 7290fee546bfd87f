using System.Globalization;
using StreamFlow.Samples;

namespace FraudDetection;

/// <summary>What happens next: a payment, or a card is blocked.</summary>
internal abstract record CardEvent(string Card, long AtMs);

internal sealed record Paid(Payment Payment, long AtMs) : CardEvent(Payment.Card, AtMs);

internal sealed record Blocked(BlockedCard Row, string Card) : CardEvent(Card, Row.SinceMs);

/// <summary>
/// Makes the same events for the same seed, start and step: a payment per step of a card that is at home, some a little out of
/// order, and now and then a crime: a stolen card that is emptied, a copied card far from home, a card that is blocked and used.
/// </summary>
internal sealed class PaymentGenerator
{
    private static readonly Place[] Cities =
    [
        new("Lisbon", 38.722, -9.139), new("Madrid", 40.417, -3.703), new("Paris", 48.857, 2.352),
        new("Rotterdam", 51.924, 4.478), new("Amsterdam", 52.368, 4.904), new("Berlin", 52.520, 13.405),
        new("Vienna", 48.208, 16.374), new("Athens", 37.984, 23.728), new("New York", 40.713, -74.006),
        new("Singapore", 1.352, 103.820), new("Sydney", -33.869, 151.209),
    ];

    private static readonly string[] Merchants =
        ["bakery", "books", "cinema", "electronics", "fuel", "groceries", "jewellery", "pharmacy", "shoes", "trains"];

    private readonly Random _random;
    private readonly string _run;
    private readonly EventClock _clock;
    private readonly int _cards;
    private readonly PriorityQueue<(string Card, Place? Place), long> _crimes = new();
    private long _steps;
    private long _payments;

    /// <param name="seed">Seed of all choices.</param>
    /// <param name="run">Name of the run, in the names of its payments and cards: runs on one cluster do not meet.</param>
    /// <param name="clock">Event time: a step for each payment.</param>
    public PaymentGenerator(int seed, string run, EventClock clock)
    {
        _random = new Random(seed);
        (_run, _clock) = (run, clock);
        _cards = (int)Math.Clamp(60_000 / clock.Step.TotalMilliseconds, 60, 99_999); // each pays about once a minute
    }

    public CardEvent Next()
    {
        var now = _clock.At(_steps);
        if (_crimes.TryPeek(out var crime, out var due) && due <= now)
        {
            _crimes.Dequeue();
            _steps++;
            return Pay(crime.Card, crime.Place ?? Home(crime.Card), now);
        }

        var card = Card(_random.Next(_cards));
        switch (_random.Next(400))
        {
            case 0:
                Plan(card, now, payments: 3, place: null); // the thief does not know
                return new Blocked(new BlockedCard(_random.Next(2) == 0 ? "reported stolen" : "reported lost", now), card);
            case 1 or 2:
                Plan(card, now, payments: 8, place: null);
                break;
            case 3 or 4:
                Plan(card, now, payments: 1, Elsewhere(Home(card)));
                break;
        }

        _steps++;
        var lateMs = _random.Next(20) == 0 ? _random.Next(2000) : 0;
        return Pay(card, Home(card), Math.Max(_clock.At(0), now - lateMs));
    }

    private Paid Pay(string card, Place place, long at)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{_run}-p{_payments++:D9}");
        var cents = 100 + _random.NextInt64(25_000);
        return new Paid(new Payment(id, card, cents, Merchants[_random.Next(Merchants.Length)], place), at);
    }

    /// <summary>Payments of a card within the next seconds, at home where no place is given.</summary>
    private void Plan(string card, long now, int payments, Place? place)
    {
        for (var i = 1; i <= payments; i++)
        {
            _crimes.Enqueue((card, place), now + _random.Next(i * 2500));
        }
    }

    private string Card(int number) => string.Create(CultureInfo.InvariantCulture, $"{_run}-c{number:D5}");

    private static Place Home(string card) => Cities[int.Parse(card.AsSpan(card.Length - 5), CultureInfo.InvariantCulture) % Cities.Length];

    private Place Elsewhere(Place home)
    {
        var place = Cities[_random.Next(Cities.Length)];
        return place == home ? Cities[(Array.IndexOf(Cities, home) + 1) % Cities.Length] : place;
    }
}
