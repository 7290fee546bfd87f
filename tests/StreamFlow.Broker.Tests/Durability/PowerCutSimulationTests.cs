using System.Globalization;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// Power cuts before every operation on the disk. STREAMFLOW_SIMULATED_CUTS says how many (eng/verify-durability.sh),
/// STREAMFLOW_DURABILITY_SEED repeats a run.
/// </summary>
public sealed class PowerCutSimulationTests(ITestOutputHelper output)
{
    private const int CutsOfOneLife = 50;
    private const int LongestRun = 400;

    [Fact]
    public async Task Power_cut_before_any_operation_of_the_disk_breaks_no_promise()
    {
        int wanted = Number("STREAMFLOW_SIMULATED_CUTS", 150);
        int seed = Number("STREAMFLOW_DURABILITY_SEED", Random.Shared.Next(1_000_000_000));
        (int cuts, int stops, int acknowledged, int transactions) = (0, 0, 0, 0);
        for (int life = 0; cuts < wanted; life++)
        {
            using var simulation = new PowerCutLife(seed + life);
            try
            {
                // Lives by turns: before the first operation, the second, the third ...; and anywhere.
                int index = seed + life;
                var random = new Random(index);
                await simulation.RunAsync(
                    Math.Min(CutsOfOneLife, wanted - cuts),
                    cut => index % 2 == 0
                        ? 1 + ((((index / 2 % LongestRun) * CutsOfOneLife) + cut) % LongestRun)
                        : random.Next(1, LongestRun));
            }
            catch (Exception)
            {
                output.WriteLine($"STREAMFLOW_DURABILITY_SEED={seed + life}, life {life}, cut {simulation.Cuts}");
                throw;
            }

            cuts += simulation.Cuts;
            stops += simulation.OrderlyStops;
            acknowledged += simulation.Acknowledged;
            transactions += simulation.Transactions;
        }

        string result = $"{cuts} power cuts and {stops} orderly stops (seed {seed}): 0 of {acknowledged} acknowledged records"
            + $" lost, 0 of {transactions} ended transactions torn or resurrected";
        output.WriteLine(result);
        if (Environment.GetEnvironmentVariable("STREAMFLOW_DURABILITY_RESULT") is { Length: > 0 } file)
        {
            await File.AppendAllLinesAsync(file, [result]);
        }
    }

    internal static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
