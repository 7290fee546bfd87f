using StreamFlow.Verification.Faults;
using StreamFlow.Verification.Oracles;

namespace StreamFlow.Verification;

/// <summary>What a run prints at its end.</summary>
internal sealed class Report(
    IReadOnlyList<FaultRecord> faults, IReadOnlyList<Verdict> verdicts, Evidence evidence, TimeSpan elapsed)
{
    private const int ShownViolations = 5;

    /// <summary>Prints it.</summary>
    /// <returns>Whether there is no violation.</returns>
    public bool Print()
    {
        PrintFaults();
        PrintVerdicts(verdicts);
        var violations = verdicts.Sum(v => v.Violations.Count);
        Console.WriteLine();
        Console.WriteLine(
            $"{faults.Sum(f => f.Kills)} kills, {faults.Count(f => f.Kills == 0)} other faults, {evidence.Sent} inputs, "
            + $"{evidence.RecordsRead} records and {evidence.LocalStates.Count} stores on disks checked, "
            + $"{violations} violations, {elapsed.TotalSeconds:F0} s");
        return violations == 0;
    }

    public static void PrintVerdicts(IEnumerable<Verdict> verdicts)
    {
        Console.WriteLine();
        Console.WriteLine($"{"guarantee",-28} {"checked",10} {"violations",10}");
        foreach (var verdict in verdicts)
        {
            Console.WriteLine($"{verdict.Oracle,-28} {verdict.Checked,10} {verdict.Violations.Count,10}");
            foreach (var violation in verdict.Violations.Take(ShownViolations))
            {
                Console.WriteLine($"    {violation}");
            }
        }
    }

    private void PrintFaults()
    {
        Console.WriteLine();
        Console.WriteLine($"{"fault to next correct output",-36} {"faults",6} {"kills",6} {"median s",9} {"p99 s",9} {"max s",9}");
        foreach (var kind in faults.GroupBy(f => f.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            PrintRow(kind.Key, [.. kind]);
        }

        PrintRow("all that kill", [.. faults.Where(f => f.Kills > 0)]);
        PrintRow("all", faults);
    }

    private static void PrintRow(string name, IReadOnlyList<FaultRecord> faults)
    {
        var times = faults.Where(f => f.Recovery is not null).Select(f => f.Recovery!.Value.TotalSeconds).Order().ToList();
        Console.WriteLine(
            $"{name,-36} {faults.Count,6} {faults.Sum(f => f.Kills),6} {At(times, 0.5),9} {At(times, 0.99),9} {At(times, 1),9}");
    }

    private static string At(List<double> sorted, double share) =>
        sorted.Count == 0 ? "-" : $"{sorted[(int)Math.Ceiling((sorted.Count - 1) * share)]:F2}";
}
