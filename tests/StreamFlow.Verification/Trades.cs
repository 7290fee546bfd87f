using System.Globalization;

namespace StreamFlow.Verification;

/// <summary>
/// Orders and payments of the users, in one topic: what becomes of them in joins and windows is decided by the order of a partition
/// alone, so that
/// graces can be short, and results fall due while faults happen. Most are out of order within the grace; some orders are late.
/// </summary>
internal static class Trades
{
    public const string Topic = "trades";

    /// <summary>Inputs with payments near them in time; nothing is given up before a day is over.</summary>
    public const string Paid = "paid";

    /// <summary>Orders with payments near them in time, or, once none can come any more, with none.</summary>
    public const string Settled = "settled";

    /// <summary>Sessions of orders, each update of them.</summary>
    public const string Visits = "visits";

    /// <summary>Windows of orders, each when it is closed.</summary>
    public const string Tally = "tally";

    /// <summary>The same windows, each updated, and the updates held back until they are closed.</summary>
    public const string Held = "held";
    public const string HeldWindows = "held-windows";

    /// <summary>Every so-manieth input has an order.</summary>
    public const int Every = 3;

    public const long WindowMs = 100;
    public const long GraceMs = 1000;
    public const long GapMs = 300;
    public const long TallyMs = 2000;

    /// <summary>What an order has in the place of a payment, when there was none.</summary>
    public const string None = "-";

    /// <summary>How long before its place in the topic a late order is in time: whatever it could meet or join is closed, and gone.</summary>
    public const long LateMs = 5000;

    private const string End = "end";
    private const string Late = "late";
    private const long LateEvery = 30;

    // Until then time may not have come so far that an order is late.
    private const long FirstLate = 600;
    private const long EndMs = 600_000;
    private const ulong Unpaid = 7;

    // Together less than the grace, so that no other is late.
    private const ulong LatestMs = 300;
    private const ulong PaidWithinMs = 250;

    public static IReadOnlyList<string> Topics { get; } = [Topic, Paid, Settled, Visits, Tally, Held];

    public static bool IsOrder(string value) => value[0] == 'o';

    /// <summary>Whether an order is late.</summary>
    public static bool IsLate(string order) => order.EndsWith(Late, StringComparison.Ordinal);

    /// <summary>
    /// Order and payment that come with an input: times are out of order, and late ones and one of seven others are never paid.
    /// </summary>
    public static IEnumerable<Trade> Of(ulong seed, long sequence, long time)
    {
        if (sequence % Every != 0)
        {
            yield break;
        }

        var user = Workload.UserOf(seed, sequence);
        var ordered = time + (long)(Workload.Mix(seed, sequence, 4) % LatestMs);
        if (sequence > FirstLate && sequence % LateEvery == 0)
        {
            yield return new Trade(user, string.Create(CultureInfo.InvariantCulture, $"o{sequence}{Late}"), ordered - LateMs);
            yield break;
        }

        yield return new Trade(user, string.Create(CultureInfo.InvariantCulture, $"o{sequence}"), ordered);
        if (Workload.Mix(seed, sequence, 5) % Unpaid != 0)
        {
            var paid = ordered + (long)(Workload.Mix(seed, sequence, 6) % PaidWithinMs);
            yield return new Trade(user, string.Create(CultureInfo.InvariantCulture, $"p{sequence}"), paid);
        }
    }

    /// <summary>The last of a partition: an order and its payment, so much later that all before them is closed.</summary>
    public static IEnumerable<Trade> Last(int partition, long time)
    {
        foreach (var kind in "op")
        {
            yield return new Trade(
                string.Create(CultureInfo.InvariantCulture, $"{End}{partition}"),
                string.Create(CultureInfo.InvariantCulture, $"{kind}{End}{partition}"),
                time + EndMs);
        }
    }

    /// <summary>Whether a user is none, but stands for the end of a partition.</summary>
    public static bool IsEnd(string user) => user.StartsWith(End, StringComparison.Ordinal);

    /// <summary>Count of orders, and a digest that depends on each of them and on their order.</summary>
    public static string Next(string aggregate, string order)
    {
        var (count, digest) = Parse(aggregate);
        foreach (var character in order)
        {
            digest = (digest ^ character) * 1099511628211UL;
        }

        return Text(count + 1, digest);
    }

    /// <summary>The aggregate of two sessions that have become one; it depends on which was the first.</summary>
    public static string Merge(string first, string second)
    {
        if (first.Length == 0)
        {
            return second;
        }

        var (one, other) = (Parse(first), Parse(second));
        return Text(one.Count + other.Count, (one.Digest * 31) ^ other.Digest);
    }

    private static (long Count, ulong Digest) Parse(string aggregate)
    {
        if (aggregate.Length == 0)
        {
            return (0, 14695981039346656037UL);
        }

        var parts = aggregate.Split(',');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture),
            ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private static string Text(long count, ulong digest) => string.Create(CultureInfo.InvariantCulture, $"{count},{digest:x}");
}

/// <summary>An order or a payment.</summary>
/// <param name="User">Whose it is: the key.</param>
/// <param name="Value">A letter for which of the two it is, and the number of its input.</param>
/// <param name="Time">When it was, in event time.</param>
internal readonly record struct Trade(string User, string Value, long Time);
