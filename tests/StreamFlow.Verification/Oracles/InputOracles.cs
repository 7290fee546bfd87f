namespace StreamFlow.Verification.Oracles;

/// <summary>What became of the inputs: on the broker, and on their way into the aggregates and the join.</summary>
internal static class InputOracles
{
    /// <summary>The broker holds each acknowledged input once, in order, and each order and payment once.</summary>
    public static Verdict InputIntact(Evidence evidence)
    {
        var violations = new List<string>(evidence.FeederFailures);
        var seen = Once(evidence, evidence[Workload.Input], r => Workload.SequenceOf(r.ValueText), violations);
        violations.AddRange(
            from record in evidence[Workload.Input]
            let sequence = Workload.SequenceOf(record.ValueText)
            where record.ValueText != Workload.ValueOf(evidence.Seed, sequence)
            select $"input {sequence} is '{record.ValueText}'");
        AddDisorder(evidence[Workload.Input], r => $"partition {r.Partition}", violations);
        TradeOracles.AddWhatIsWrong(evidence, violations);
        return new Verdict(OracleNames.InputIntact, violations, seen + evidence[Trades.Topic].Count);
    }

    /// <summary>Each input is counted once: it stands once in the topic that all aggregates read.</summary>
    public static Verdict CountedOnce(Evidence evidence)
    {
        var violations = new List<string>();
        var seen = Once(evidence, evidence[Workload.Repartition], r => Workload.SequenceOf(r.ValueText), violations);
        return new Verdict(OracleNames.CountedOnce, violations, seen);
    }

    /// <summary>Each input is passed on once by operators without state, from whatever partition, there from the start or added.</summary>
    public static Verdict PassedOnce(Evidence evidence)
    {
        var violations = new List<string>();
        var seen = Once(evidence, evidence[Workload.Passed], r => Workload.SequenceOf(r.ValueText), violations);
        return new Verdict(OracleNames.PassedOnce, violations, seen);
    }

    /// <summary>Inputs of one key keep their order.</summary>
    public static Verdict OrderPerKey(Evidence evidence)
    {
        var violations = new List<string>();
        AddDisorder(evidence[Workload.Repartition], r => $"{r.KeyText} from {r.ValueText.Split(',')[1]}", violations);
        AddDisorder(evidence[Workload.Joined], r => r.KeyText, violations);
        return new Verdict(
            OracleNames.OrderPerKey, violations, evidence[Workload.Repartition].Count + evidence[Workload.Joined].Count);
    }

    /// <summary>Each input is joined once, with a version of the account that existed, never with an older one than before.</summary>
    public static Verdict Join(Evidence evidence)
    {
        var violations = new List<string>();
        var seen = Once(evidence, evidence[Workload.Joined], r => Workload.SequenceOf(Split(r).Input), violations);
        var versions = evidence[Workload.Accounts].GroupBy(r => r.KeyText)
            .ToDictionary(g => g.Key, g => g.Select(r => r.ValueText).ToList());
        var reached = new Dictionary<string, int>();
        foreach (var record in evidence[Workload.Joined])
        {
            var (input, account) = Split(record);
            var version = versions[record.KeyText].IndexOf(account);
            if (version < reached.GetValueOrDefault(record.KeyText))
            {
                violations.Add($"input {Workload.SequenceOf(input)} of {record.KeyText} is joined with version {account} "
                    + (version < 0 ? "that never was" : "after a later one"));
            }

            reached[record.KeyText] = Math.Max(version, reached.GetValueOrDefault(record.KeyText));
        }

        return new Verdict(OracleNames.Join, violations, seen);
    }

    private static (string Input, string Account) Split(ReadRecord record)
    {
        var parts = record.ValueText.Split('|');
        return (parts[0], parts[1]);
    }

    private static long Once(
        Evidence evidence, IReadOnlyList<ReadRecord> records, Func<ReadRecord, long> sequenceOf, List<string> violations)
    {
        var times = new int[evidence.Sent];
        foreach (var record in records)
        {
            var sequence = sequenceOf(record);
            if (sequence < 0 || sequence >= evidence.Sent)
            {
                violations.Add($"input {sequence} was never sent");
            }
            else
            {
                times[sequence]++;
            }
        }

        violations.AddRange(
            from sequence in Enumerable.Range(0, times.Length)
            where times[sequence] != 1
            select $"input {sequence} is there {times[sequence]} times");
        return records.Count;
    }

    private static void AddDisorder(
        IReadOnlyList<ReadRecord> records, Func<ReadRecord, string> orderedBy, List<string> violations)
    {
        var last = new Dictionary<string, long>();
        foreach (var record in records)
        {
            var order = orderedBy(record);
            var sequence = Workload.SequenceOf(record.ValueText.Split('|')[0]);
            if (last.TryGetValue(order, out var before) && sequence <= before)
            {
                violations.Add($"{order}: input {sequence} comes after {before}");
            }

            last[order] = sequence;
        }
    }
}
