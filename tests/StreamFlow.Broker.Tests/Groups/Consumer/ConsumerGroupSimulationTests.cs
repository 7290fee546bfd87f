using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

public sealed class ConsumerGroupSimulationTests(ITestOutputHelper output)
{
    /// <summary>Runs of the simulation; more with the environment variable of this name, from a seed with _SEED behind it.</summary>
    private static readonly int Runs = int.TryParse(Environment.GetEnvironmentVariable("STREAMFLOW_SIMULATED_GROUPS"), out int runs) ? runs : 100;

    [Fact]
    public void No_partition_has_two_consumers_and_everybody_arrives()
    {
        int first = int.TryParse(Environment.GetEnvironmentVariable("STREAMFLOW_SIMULATED_GROUPS_SEED"), out int seed0)
            ? seed0 : Environment.TickCount & 0xFFFFFF;
        (int fenced, int restarts, int revocations, int classic) = (0, 0, 0, 0);
        for (int seed = first; seed < first + Runs; seed++)
        {
            var simulation = new ConsumerGroupSimulation(seed);
            try
            {
                simulation.Run(steps: 300);
            }
            catch
            {
                output.WriteLine($"failing seed: {seed}");
                throw;
            }

            fenced += simulation.Fenced;
            restarts += simulation.Restarts;
            revocations += simulation.Revocations;
            classic += simulation.ClassicAssignments;
        }

        output.WriteLine($"seeds from {first}: {fenced} fenced, {restarts} restarts, {revocations} revocations, {classic} classic assignments");
        Assert.True(
            fenced > Runs / 3 && restarts > Runs && revocations > Runs && classic > Runs, "the simulation exercises too little");
    }
}
