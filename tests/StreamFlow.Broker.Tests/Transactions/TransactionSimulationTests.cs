using StreamFlow.Broker.Transactions;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_producers_and_crashes_never_split_a_transaction_nor_leave_one_open()
    {
        int first = Random.Shared.Next();
        (int crashes, int committed, int aborted, int late) = (0, 0, 0, 0);
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
            late += simulation.Late;
        }

        output.WriteLine($"seeds from {first}: {crashes} crashes, {committed} committed, {aborted} aborted, {late} late batches");
        Assert.True(crashes > 400 && committed > 400 && aborted > 400 && late > 400, "The simulation exercises too little.");
    }

    /// <summary>What KIP-890 is for: the same producers whose epoch stays from one transaction to the next.</summary>
    [Fact]
    public void Late_batches_split_transactions_where_the_epoch_does_not_rise()
    {
        int first = Random.Shared.Next();
        Assert.Contains(Enumerable.Range(first, 200), static seed =>
        {
            Exception? thrown = Record.Exception(() => new TransactionSimulation(seed, bumpsEpochs: false).Run(800));
            return thrown is not null && (thrown.Message.Contains("two outcomes", StringComparison.Ordinal)
                || thrown.Message.Contains("aborted there", StringComparison.Ordinal));
        });
    }
}
