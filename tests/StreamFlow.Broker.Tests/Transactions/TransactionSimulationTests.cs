using StreamFlow.Broker.Transactions;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_producers_and_crashes_never_split_a_transaction_nor_leave_one_open()
    {
        int first = Random.Shared.Next();
        (int crashes, int committed, int aborted) = (0, 0, 0);
        for (int seed = first; seed < first + 400; seed++)
        {
            var simulation = new TransactionSimulation(seed);
            try
            {
                simulation.Run(800);
            }
            catch (Exception)
            {
                output.WriteLine($"seed {seed}");
                throw;
            }

            crashes += simulation.Crashes;
            committed += simulation.Committed;
            aborted += simulation.Aborted;
        }

        output.WriteLine($"seeds from {first}: {crashes} crashes, {committed} committed, {aborted} aborted");
        Assert.True(crashes > 400 && committed > 400 && aborted > 400, "The simulation exercises too little.");
    }
}
