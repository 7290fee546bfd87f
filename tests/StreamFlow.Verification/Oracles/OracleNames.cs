namespace StreamFlow.Verification.Oracles;

/// <summary>Names of the guarantees.</summary>
internal static class OracleNames
{
    public const string InputIntact = "input-intact";
    public const string CountedOnce = "counted-once";
    public const string PassedOnce = "passed-once";
    public const string OrderPerKey = "order-per-key";
    public const string RunningAggregates = "running-aggregates";
    public const string WindowedAggregates = "windowed-aggregates";
    public const string NothingPastTheEnd = "nothing-past-the-end";
    public const string Join = "join";
    public const string StreamJoin = "stream-join";
    public const string StreamLeftJoin = "stream-left-join";
    public const string Sessions = "sessions";
    public const string ClosedWindows = "closed-windows";
    public const string SuppressedWindows = "suppressed-windows";
    public const string ForeignKeyJoin = "foreign-key-join";
    public const string MemoryEqualsRocksDb = "memory-equals-rocksdb";
    public const string Positions = "positions-agree";
    public const string Changelogs = "changelogs-agree";
    public const string NoOpenTransaction = "no-open-transaction";
    public const string StoresEqualChangelogs = "stores-equal-changelogs";
    public const string WorkersLive = "workers-live";
}

/// <summary>All guarantees, judged by the same evidence.</summary>
internal static class Judge
{
    public static IReadOnlyList<Verdict> All(Evidence evidence)
    {
        var expected = new Expectation(evidence);
        return
        [
            InputOracles.InputIntact(evidence),
            InputOracles.CountedOnce(evidence),
            InputOracles.PassedOnce(evidence),
            InputOracles.OrderPerKey(evidence),
            ResultOracles.Aggregates(evidence, expected, windowed: false),
            ResultOracles.Aggregates(evidence, expected, windowed: true),
            ResultOracles.NothingPastTheEnd(evidence, expected),
            InputOracles.Join(evidence),
            TradeOracles.StreamJoin(evidence),
            TradeOracles.StreamLeftJoin(evidence),
            WindowOracles.Sessions(evidence),
            WindowOracles.ClosedWindows(evidence),
            WindowOracles.SuppressedWindows(evidence),
            PlaceOracle.ForeignKeyJoin(evidence),
            ResultOracles.MemoryEqualsRocksDb(evidence),
            StateOracles.Positions(evidence),
            StateOracles.Changelogs(evidence, expected),
            StateOracles.NoOpenTransaction(evidence),
            StateOracles.StoresEqualChangelogs(evidence),
            new Verdict(OracleNames.WorkersLive, evidence.Liveness.Troubles, evidence.Liveness.Checked),
        ];
    }
}
