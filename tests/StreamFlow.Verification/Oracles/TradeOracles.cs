namespace StreamFlow.Verification.Oracles;

/// <summary>The joins of streams, computed again from the committed inputs by looking at all pairs.</summary>
internal static class TradeOracles
{
    private const long WaitMs = Trades.WindowMs + Trades.GraceMs;

    /// <summary>Each order and each payment is there once, and those that end a partition.</summary>
    public static void AddWhatIsWrong(Evidence evidence, List<string> violations)
    {
        var expected = new Bag();
        for (var sequence = 0L; sequence < evidence.Sent; sequence += Trades.Every)
        {
            foreach (var trade in Trades.Of(evidence.Seed, sequence, time: 0))
            {
                expected.Add($"{trade.User} {trade.Value}");
            }
        }

        for (var partition = 0; partition < Workload.Partitions; partition++)
        {
            foreach (var trade in Trades.Last(partition, time: 0))
            {
                expected.Add($"{trade.User} {trade.Value}");
            }
        }

        expected.Compare(evidence[Trades.Topic].Select(r => $"{r.KeyText} {r.ValueText}"), Trades.Topic, violations);
    }

    /// <summary>Each input meets each payment of its user near it in time, once.</summary>
    public static Verdict StreamJoin(Evidence evidence)
    {
        var expected = new Bag();
        foreach (var (input, payments) in Meetings(evidence[Workload.Input], Payments(evidence)))
        {
            AddPairs(expected, input, payments);
        }

        return Judged(evidence, Trades.Paid, OracleNames.StreamJoin, expected);
    }

    /// <summary>
    /// Each order meets each payment near it, once; one that meets none says so once, if it was found that none can come any more, which
    /// of late ones is known at once: what they could meet is gone.
    /// </summary>
    public static Verdict StreamLeftJoin(Evidence evidence)
    {
        var expected = new Bag();
        var latest = evidence[Trades.Topic].GroupBy(r => r.Partition).ToDictionary(g => g.Key, g => g.Max(r => r.Timestamp));
        var orders = Orders(evidence).ToLookup(r => Trades.IsLate(r.ValueText));
        foreach (var late in orders[true])
        {
            AddAlone(expected, late);
        }

        foreach (var (order, payments) in Meetings(orders[false], Payments(evidence)))
        {
            AddPairs(expected, order, payments);
            if (payments.Count == 0 && order.Timestamp < latest[order.Partition] - WaitMs)
            {
                AddAlone(expected, order);
            }
        }

        return Judged(evidence, Trades.Settled, OracleNames.StreamLeftJoin, expected);
    }

    public static IEnumerable<ReadRecord> Orders(Evidence evidence) => evidence[Trades.Topic].Where(r => Trades.IsOrder(r.ValueText));

    private static IEnumerable<ReadRecord> Payments(Evidence evidence) =>
        evidence[Trades.Topic].Where(r => !Trades.IsOrder(r.ValueText));

    /// <summary>Each record of the left, and those of the right that it meets.</summary>
    private static IEnumerable<(ReadRecord Left, IReadOnlyList<ReadRecord> Rights)> Meetings(
        IEnumerable<ReadRecord> left, IEnumerable<ReadRecord> right)
    {
        var rights = right.OrderBy(r => r.Timestamp).GroupBy(r => r.KeyText).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var lefts in left.OrderBy(r => r.Timestamp).GroupBy(r => r.KeyText))
        {
            var others = rights.GetValueOrDefault(lefts.Key, []);
            var first = 0;
            foreach (var record in lefts)
            {
                while (first < others.Count && others[first].Timestamp < record.Timestamp - Trades.WindowMs)
                {
                    first++;
                }

                yield return (record, [.. others.Skip(first).TakeWhile(r => r.Timestamp <= record.Timestamp + Trades.WindowMs)]);
            }
        }
    }

    private static void AddPairs(Bag expected, ReadRecord left, IReadOnlyList<ReadRecord> rights)
    {
        foreach (var right in rights)
        {
            expected.Add($"{left.KeyText}: {left.ValueText}|{right.ValueText} at {Math.Max(left.Timestamp, right.Timestamp)}");
        }
    }

    private static void AddAlone(Bag expected, ReadRecord order) =>
        expected.Add($"{order.KeyText}: {order.ValueText}|{Trades.None} at {order.Timestamp}");

    private static Verdict Judged(Evidence evidence, string topic, string oracle, Bag expected)
    {
        var violations = new List<string>();
        expected.Compare(evidence[topic].Select(r => $"{r.KeyText}: {r.ValueText} at {r.Timestamp}"), topic, violations);
        return new Verdict(oracle, violations, evidence[topic].Count);
    }
}

/// <summary>Texts, each so many times as it is due.</summary>
internal sealed class Bag
{
    private readonly Dictionary<string, int> _due = [];

    public void Add(string text) => _due[text] = _due.GetValueOrDefault(text) + 1;

    /// <summary>Says what is there too often, and what too seldom.</summary>
    public void Compare(IEnumerable<string> actual, string where, List<string> violations)
    {
        foreach (var text in actual)
        {
            _due[text] = _due.GetValueOrDefault(text) - 1;
        }

        violations.AddRange(
            from pair in _due
            where pair.Value != 0
            select $"{where}: {pair.Key}, {Math.Abs(pair.Value)} times too {(pair.Value > 0 ? "seldom" : "often")}");
    }
}
