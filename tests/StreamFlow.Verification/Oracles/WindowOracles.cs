using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Verification.Oracles;

/// <summary>Sessions and closed windows of orders, computed again from each partition in its order.</summary>
internal static class WindowOracles
{
    private const string Deleted = "deleted";
    private const long OpenMs = Trades.GapMs + Trades.GraceMs;

    /// <summary>Of each session all updates are there, record by record, up to where it becomes part of another one.</summary>
    public static Verdict Sessions(Evidence evidence)
    {
        var expected = new Dictionary<string, List<string>>();
        foreach (var partition in TradeOracles.Orders(evidence).GroupBy(r => r.Partition))
        {
            var (latest, all) = (long.MinValue, new Dictionary<string, List<Session>>());
            foreach (var order in partition)
            {
                latest = Math.Max(latest, order.Timestamp);
                if (!all.TryGetValue(order.KeyText, out var sessions))
                {
                    all[order.KeyText] = sessions = [];
                }

                sessions.RemoveAll(s => s.End < latest - OpenMs);
                Follow(sessions, order, latest - OpenMs, expected);
            }
        }

        return Compare(evidence, Trades.Visits, OracleNames.Sessions, expected);
    }

    /// <summary>Of each window that is closed there is one result, that of all its orders, and of no other any.</summary>
    public static Verdict ClosedWindows(Evidence evidence) => Closed(evidence, Trades.Tally, OracleNames.ClosedWindows);

    /// <summary>The same where updates were held back until then.</summary>
    public static Verdict SuppressedWindows(Evidence evidence) => Closed(evidence, Trades.Held, OracleNames.SuppressedWindows);

    private static Verdict Closed(Evidence evidence, string topic, string oracle)
    {
        var expected = new Dictionary<string, List<string>>();
        foreach (var partition in TradeOracles.Orders(evidence).GroupBy(r => r.Partition))
        {
            var closed = partition.Max(r => r.Timestamp) - Trades.GraceMs;
            var windows =
                from order in InTime(partition)
                group order by (order.KeyText, Start: order.Timestamp / Trades.TallyMs * Trades.TallyMs) into window
                where window.Key.Start + Trades.TallyMs <= closed
                select window;
            foreach (var window in windows)
            {
                var result = window.Aggregate(string.Empty, (aggregate, order) => Trades.Next(aggregate, order.ValueText));
                expected[Key(window.Key.KeyText, window.Key.Start)] = [result];
            }
        }

        return Compare(evidence, topic, oracle, expected);
    }

    /// <summary>Orders that have come before their windows were closed.</summary>
    private static IEnumerable<ReadRecord> InTime(IEnumerable<ReadRecord> orders)
    {
        var latest = long.MinValue;
        foreach (var order in orders)
        {
            latest = Math.Max(latest, order.Timestamp);
            if (((order.Timestamp / Trades.TallyMs) + 1) * Trades.TallyMs > latest - Trades.GraceMs)
            {
                yield return order;
            }
        }
    }

    private static void Follow(List<Session> open, ReadRecord order, long firstOpenEnd, Dictionary<string, List<string>> expected)
    {
        var time = order.Timestamp;
        var joined = open.Where(s => s.End >= time - Trades.GapMs && s.Start <= time + Trades.GapMs)
            .OrderBy(s => s.End).ThenBy(s => s.Start).ToList();
        if (joined.Count == 0 && time < firstOpenEnd)
        {
            return;
        }

        var before = joined.Aggregate(string.Empty, (aggregate, session) => Trades.Merge(aggregate, session.Result));
        var now = new Session(
            joined.Select(s => s.Start).Append(time).Min(),
            joined.Select(s => s.End).Append(time).Max(),
            Trades.Next(before, order.ValueText));
        foreach (var session in joined)
        {
            open.Remove(session);
            if (now.Start != now.End)
            {
                Add(expected, Key(order.KeyText, session.End, session.Start), Deleted);
            }
        }

        open.Add(now);
        Add(expected, Key(order.KeyText, now.End, now.Start), now.Result);
    }

    private static Verdict Compare(Evidence evidence, string topic, string oracle, Dictionary<string, List<string>> expected)
    {
        var actual = new Dictionary<string, List<string>>();
        foreach (var record in evidence[topic])
        {
            Add(actual, Convert.ToHexString(record.Key!), record.Value is null ? Deleted : record.ValueText);
        }

        return new Verdict(
            oracle,
            [
                .. from key in expected.Keys.Union(actual.Keys)
                   let due = string.Join("; ", expected.GetValueOrDefault(key, []))
                   let found = string.Join("; ", actual.GetValueOrDefault(key, []))
                   where due != found
                   select $"{topic} {Text(key)}: there is {Or(found)} where {Or(due)} is due",
            ],
            evidence[topic].Count);
    }

    private static string Or(string text) => text.Length == 0 ? "nothing" : text;

    private static void Add(Dictionary<string, List<string>> results, string key, string result)
    {
        if (!results.TryGetValue(key, out var sequence))
        {
            results[key] = sequence = [];
        }

        sequence.Add(result);
    }

    /// <summary>Key of a result in hexadecimal: the user, then 8 bytes of each time.</summary>
    private static string Key(string user, params ReadOnlySpan<long> times)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(user) + (times.Length * sizeof(long))];
        var at = Encoding.UTF8.GetBytes(user, bytes);
        foreach (var time in times)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), time);
            at += sizeof(long);
        }

        return Convert.ToHexString(bytes);
    }

    /// <summary>A key that can be read: times are above zero and so begin with a zero byte, which no user has.</summary>
    private static string Text(string hexadecimal)
    {
        var bytes = Convert.FromHexString(hexadecimal);
        var at = Array.IndexOf(bytes, (byte)0);
        var times = Enumerable.Range(0, (bytes.Length - at) / sizeof(long))
            .Select(i => BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at + (i * sizeof(long)))));
        return $"{Encoding.UTF8.GetString(bytes[..at])} {string.Join(" from ", times)}";
    }

    private readonly record struct Session(long Start, long End, string Result);
}
