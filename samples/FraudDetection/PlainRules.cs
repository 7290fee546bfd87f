namespace FraudDetection;

/// <summary>
/// The rules once more, as plainly as they can be written over all payments of a card in the order in which they were made
/// known: what the topology has to arrive at. Nothing of it is shared with the topology but the limits.
/// </summary>
internal sealed class PlainRules
{
    private readonly Dictionary<string, List<(Place Place, long At)>> _history = [];
    private readonly Dictionary<string, long> _blockedSince = [];

    public void Block(string card, long sinceMs) => _blockedSince[card] = sinceMs;

    /// <summary>The rules that the next payment of a card breaks, in the order of their names.</summary>
    public IReadOnlyList<string> Broken(Payment payment, long at)
    {
        if (!_history.TryGetValue(payment.Card, out var before))
        {
            _history.Add(payment.Card, before = []);
        }

        var broken = new List<string>();
        if (_blockedSince.TryGetValue(payment.Card, out var since) && at >= since)
        {
            broken.Add(Rules.Blocked);
        }

        if (before.Count > 0 && IsTooFar(before.MaxBy(seen => seen.At), payment.Place, at))
        {
            broken.Add(Rules.Travel);
        }

        before.Add((payment.Place, at));
        if (IsTooMany(before, at))
        {
            broken.Add(Rules.Velocity);
        }

        Forget(before, at);
        return broken;
    }

    private static bool IsTooFar((Place Place, long At) last, Place here, long at)
    {
        var kilometres = last.Place.KilometresTo(here);
        var hours = Math.Abs(at - last.At) / 3_600_000.0;
        return kilometres >= Rules.LeastKilometres && kilometres / hours > Rules.KilometresPerHour;
    }

    private static bool IsTooMany(List<(Place Place, long At)> payments, long at)
    {
        var (size, advance) = ((long)Rules.WindowSize.TotalMilliseconds, (long)Rules.WindowAdvance.TotalMilliseconds);
        for (var start = at / advance * advance; start > at - size; start -= advance)
        {
            if (payments.Count(seen => seen.At >= start && seen.At < start + size) > Rules.PaymentsPerWindow)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Nothing but the last place matters after ten minutes.</summary>
    private static void Forget(List<(Place Place, long At)> payments, long at)
    {
        if (payments.Count > 100)
        {
            var last = payments.Max(seen => seen.At);
            payments.RemoveAll(seen => seen.At < at - 600_000 && seen.At != last);
        }
    }
}
