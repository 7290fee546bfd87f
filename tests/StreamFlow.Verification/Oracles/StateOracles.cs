namespace StreamFlow.Verification.Oracles;

/// <summary>Whether positions, changelogs, local stores and transactions agree with each other and with the results.</summary>
internal static class StateOracles
{
    private const int WindowSuffixBytes = sizeof(int);

    /// <summary>The committed positions lie behind the last record of each topic that is read.</summary>
    public static Verdict Positions(Evidence evidence)
    {
        string[] read =
        [
            Workload.Input, Workload.Accounts, Workload.Repartition, Workload.Passing, Trades.Topic, Places.Regions, Places.Questions,
            Places.Answers,
        ];
        var violations = new List<string>();
        var partitions = evidence.Facts.Where(f => read.Contains(f.Key.Topic)).ToList();
        foreach (var ((topic, partition), facts) in partitions)
        {
            var last = evidence[topic].Where(r => r.Partition == partition).Select(r => r.Offset).DefaultIfEmpty(-1).Max();
            if ((facts.Committed <= last && last >= 0) || facts.Committed > facts.LastStable)
            {
                violations.Add($"{topic}-{partition}: position {facts.Committed}, last record {last}, end {facts.LastStable}");
            }
        }

        return new Verdict(OracleNames.Positions, violations, partitions.Count);
    }

    /// <summary>The changelogs hold the recomputed aggregates, those of tables the tables, and that of their join the join.</summary>
    public static Verdict Changelogs(Evidence evidence, Expectation expected)
    {
        var violations = new List<string>();
        long seen = 0;
        foreach (var store in Workload.Stores)
        {
            var suffix = store.IsWindowed ? WindowSuffixBytes : 0;
            var logged = Fold(evidence[Workload.ChangelogOf(store.Name)], r => Convert.ToHexString(r.Key.AsSpan()[..^suffix]));
            seen += evidence[Workload.ChangelogOf(store.Name)].Count;
            AddDifferences(store.Name, logged, expected.Of(store).ToDictionary(p => p.Key, p => p.Value[^1]), violations);
        }

        foreach (var (store, table) in new[]
        {
            (Workload.AccountsStore, Fold(evidence[Workload.Accounts], r => r.KeyText)),
            (Places.RegionsStore, Fold(evidence[Places.Regions], r => r.KeyText)),
            (Places.PlacedStore, new Dictionary<string, string>(PlaceOracle.Final(evidence))),
        })
        {
            var log = evidence[Workload.ChangelogOf(store)];
            seen += log.Count;
            AddDifferences(store, Fold(log, r => r.KeyText), table, violations);
        }

        return new Verdict(OracleNames.Changelogs, violations, seen);
    }

    /// <summary>No transaction is open any more.</summary>
    public static Verdict NoOpenTransaction(Evidence evidence) => new(
        OracleNames.NoOpenTransaction,
        [
            .. from fact in evidence.Facts
               where fact.Value.LastStable != fact.Value.HighWatermark
               select $"{fact.Key.Topic}-{fact.Key.Partition}: last stable offset {fact.Value.LastStable}, "
                   + $"high watermark {fact.Value.HighWatermark}",
        ],
        evidence.Facts.Count);

    /// <summary>
    /// Whatever was found on a disk, after a kill or at the end, is what the committed changelog gives up to the offset
    /// that the store itself names.
    /// </summary>
    public static Verdict StoresEqualChangelogs(Evidence evidence)
    {
        var violations = new List<string>();
        foreach (var group in evidence.LocalStates.GroupBy(s => (s.Store, s.Partition)))
        {
            var log = evidence[Workload.ChangelogOf(group.Key.Store)].Where(r => r.Partition == group.Key.Partition).ToList();
            var end = evidence.Facts[(Workload.ChangelogOf(group.Key.Store), group.Key.Partition)].LastStable;
            var (folded, next) = (new FoldedChangelog(StoreLayout.All[group.Key.Store]), 0);
            foreach (var state in group.OrderBy(s => s.ChangelogOffset))
            {
                for (; next < log.Count && log[next].Offset < state.ChangelogOffset; next++)
                {
                    folded.Apply(log[next]);
                }

                if (folded.DifferenceTo(state, end) is { } difference)
                {
                    violations.Add($"{state.Where}: {state.Store}-{state.Partition} at {state.ChangelogOffset}: {difference}");
                }
            }
        }

        return new Verdict(OracleNames.StoresEqualChangelogs, violations, evidence.LocalStates.Sum(s => (long)s.Entries.Count));
    }

    private static Dictionary<string, string> Fold(IReadOnlyList<ReadRecord> records, Func<ReadRecord, string> keyOf)
    {
        var folded = new Dictionary<string, string>();
        foreach (var record in records)
        {
            if (record.Value is null)
            {
                folded.Remove(keyOf(record));
            }
            else
            {
                folded[keyOf(record)] = record.ValueText;
            }
        }

        return folded;
    }

    private static void AddDifferences(
        string store, Dictionary<string, string> logged, Dictionary<string, string> expected, List<string> violations) =>
        violations.AddRange(
            from key in logged.Keys.Union(expected.Keys)
            let log = logged.GetValueOrDefault(key, "nothing")
            let right = expected.GetValueOrDefault(key, "nothing")
            where log != right
            select $"{store} {key}: the changelog says {log}, right is {right}");
}
