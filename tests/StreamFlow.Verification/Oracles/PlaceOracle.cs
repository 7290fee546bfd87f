namespace StreamFlow.Verification.Oracles;

/// <summary>The join by foreign key.</summary>
internal static class PlaceOracle
{
    /// <summary>
    /// The last results are those of the last versions. Before, which versions meet is a matter of time: each result is of versions that
    /// were there, none older than in a result before, and no two meet twice.
    /// </summary>
    public static Verdict ForeignKeyJoin(Evidence evidence)
    {
        var violations = new List<string>();
        var (accounts, regions) = (Versions(evidence[Workload.Accounts]), Versions(evidence[Places.Regions]));
        var results = evidence[Places.Placed].GroupBy(r => r.KeyText).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var user in accounts.Keys.Union(results.Keys))
        {
            var found = results.GetValueOrDefault(user, []);
            AddWhatIsWrong(user, found, accounts.GetValueOrDefault(user, []), regions, violations);
        }

        var due = Final(evidence);
        foreach (var (user, result) in due)
        {
            var last = results.TryGetValue(user, out var all) ? Text(all[^1]) : "nothing";
            if (last != result)
            {
                violations.Add($"{user}: the last result is {last} instead of {result}");
            }
        }

        return new Verdict(OracleNames.ForeignKeyJoin, violations, evidence[Places.Placed].Count);
    }

    /// <summary>What the last versions of accounts and regions give.</summary>
    public static IReadOnlyDictionary<string, string> Final(Evidence evidence)
    {
        var regions = Versions(evidence[Places.Regions]).Where(v => v.Value[^1] is not null)
            .ToDictionary(v => v.Key, v => v.Value[^1]!);
        return (
            from account in Versions(evidence[Workload.Accounts])
            let region = Places.RegionOf(account.Value[^1]!)
            where regions.ContainsKey(region)
            select (account.Key, Result: $"{account.Value[^1]}|{regions[region]}")).ToDictionary(r => r.Key, r => r.Result);
    }

    private static void AddWhatIsWrong(
        string user, List<ReadRecord> results, List<string?> accounts, Dictionary<string, List<string?>> regions,
        List<string> violations)
    {
        var account = 0;
        var reached = new Dictionary<string, int>();
        var seen = new HashSet<string>();
        foreach (var result in results.Where(r => r.Value is not null).Select(r => r.ValueText))
        {
            var parts = result.Split('|');
            var region = Places.RegionOf(parts[0]);
            var accountNow = accounts.IndexOf(parts[0], account);
            var regionNow = regions[region].IndexOf(parts[1], reached.GetValueOrDefault(region));
            if (accountNow < 0 || regionNow < 0)
            {
                violations.Add($"{user}: {result} is of a version that never was, or comes after a later one");
            }
            else
            {
                (account, reached[region]) = (accountNow, regionNow);
            }

            if (!seen.Add(result))
            {
                violations.Add($"{user}: {result} is there again");
            }
        }
    }

    private static Dictionary<string, List<string?>> Versions(IReadOnlyList<ReadRecord> records) =>
        records.GroupBy(r => r.KeyText)
            .ToDictionary(g => g.Key, g => g.Select(r => r.Value is null ? null : r.ValueText).ToList());

    private static string Text(ReadRecord record) => record.Value is null ? "nothing" : record.ValueText;
}
