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
        int restarts = 0;
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
            restarts += simulation.Restarts;
        }

        output.WriteLine($"{stable} stable generations, {takeovers} takeovers, {refused} commits of old generations, {restarts} restarts");
        Assert.True(stable > 100 && takeovers > 10 && refused > 100 && restarts > 100, "the simulation exercises too little");
    }

    [Fact]
    public void Offsets_are_what_the_log_says_through_transactions_deletions_and_crashes()
    {
        int first = Random.Shared.Next();
        (int restarts, int committed, int unstable) = (0, 0, 0);
        for (int seed = first; seed < first + 500; seed++)
        {
            var simulation = new OffsetsSimulation(seed);
            try
            {
                simulation.Run(steps: 200);
            }
            catch
            {
                output.WriteLine($"failing seed: {seed}");
                throw;
            }

            restarts += simulation.Restarts;
            committed += simulation.CommittedTransactions;
            unstable += simulation.Unstable;
        }

        output.WriteLine($"seeds from {first}: {restarts} restarts, {committed} commits, {unstable} times unstable");
        Assert.True(restarts > 1_000 && committed > 1_000 && unstable > 1_000, "the simulation exercises too little");
    }
}
