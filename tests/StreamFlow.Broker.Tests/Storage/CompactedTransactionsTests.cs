using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class CompactedTransactionsTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_transactions_read_as_the_latest_committed_values_through_compaction_and_crashes()
    {
        var first = Random.Shared.Next();
        var (restarts, dropped) = (0, 0);
        for (var seed = first; seed < first + 8; seed++)
        {
            using var simulation = new CompactedTransactions(seed);
            try
            {
                simulation.Run(steps: 600);
            }
            catch
            {
                output.WriteLine($"failing seed: {seed}");
                throw;
            }

            restarts += simulation.Restarts;
            dropped += simulation.DroppedMarkers;
        }

        output.WriteLine($"seeds from {first}: {restarts} restarts, {dropped} aborted transactions forgotten");
        Assert.True(restarts > 10 && dropped > 30, "the simulation exercises too little");
    }
}
