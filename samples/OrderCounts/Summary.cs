using System.Globalization;

namespace OrderCounts;

/// <summary>Closes the books and compares them with the generator's own and with the topic.</summary>
internal static class Summary
{
    /// <summary>Waits until every order has turned up and the topic shows the counts, or the time is over.</summary>
    public static async Task SettleAsync(Ledger ledger, CountTable counts, TimeProvider time, TimeSpan limit)
    {
        var began = time.GetTimestamp();
        while ((ledger.InFlight != 0 || counts.Counted != ledger.Counted) && time.GetElapsedTime(began) < limit)
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Prints the books.</summary>
    /// <returns>Whether they balance.</returns>
    public static bool Print(Ledger ledger, CountTable counts, RunClock clock)
    {
        var checks = new (string What, long Expected, long Found)[]
        {
            ("orders in = counted + filtered + late + malformed", ledger.Generated, ledger.Seen),
            ("counted + late = placed orders generated", ledger.GeneratedPlaced, ledger.Counted + ledger.Late),
            ("late = late placed orders generated", ledger.GeneratedLate, ledger.Late),
            ("malformed = malformed orders generated", ledger.GeneratedMalformed, ledger.Malformed),
            ("counts on the topic = orders counted", ledger.Counted, counts.Counted),
        };
        Console.WriteLine();
        Line($"orders in {ledger.Generated:N0} = counted {ledger.Counted:N0} + filtered {ledger.Filtered:N0} + late {ledger.Late:N0} + malformed {ledger.Malformed:N0}");
        foreach (var (what, expected, found) in checks)
        {
            Line($"  {(expected == found ? "ok      " : "MISMATCH")}  {what}: {expected:N0}{(expected == found ? "" : $", found {found:N0}")}");
        }

        if (ledger.Generated == 0)
        {
            Console.WriteLine("  MISMATCH  no order was generated: the run was stopped before the worker was running");
        }

        Line($"counts fingerprint {counts.Fingerprint(clock.StartMs):x16}   {clock.Elapsed.TotalSeconds:F1} s   {Rate(ledger.Generated, clock):N0} orders/s");
        var balanced = ledger.Generated > 0 && checks.All(c => c.Expected == c.Found);
        Console.WriteLine(balanced ? "BALANCED" : "NOT BALANCED");
        return balanced;
    }

    /// <summary>Prints what a worker without a generator has seen: others may have fed it, so there are no books to close.</summary>
    public static void PrintSeen(Ledger ledger, RunClock clock)
    {
        Console.WriteLine();
        Line($"orders in {ledger.Seen:N0} = counted {ledger.Counted:N0} + filtered {ledger.Filtered:N0} + late {ledger.Late:N0} + malformed {ledger.Malformed:N0}");
        Line($"{clock.Elapsed.TotalSeconds:F1} s   {Rate(ledger.Seen, clock):N0} orders/s");
    }

    private static double Rate(long orders, RunClock clock) => orders / Math.Max(0.001, clock.Elapsed.TotalSeconds);

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
