using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupSimulationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(2_000)]
    [InlineData(3_000)]
    public void Group_keeps_its_promises_to_random_clients(int firstSeed)
    {
        int stable = 0;
        int takeovers = 0;
        int refused = 0;
        for (int seed = firstSeed; seed < firstSeed + 100; seed++)
        {
            var simulation = new GroupSimulation(seed);
            try
            {
                simulation.Run(steps: 400);
            }
            catch
            {
                output.WriteLine($"failing seed: {seed}");
                throw;
            }

            stable += simulation.StableGenerations;
            takeovers += simulation.Takeovers;
            refused += simulation.RefusedCommits;
        }

        output.WriteLine($"{stable} stable generations, {takeovers} takeovers, {refused} commits of old generations");
        Assert.True(stable > 100 && takeovers > 10 && refused > 100, "the simulation exercises too little");
    }
}
