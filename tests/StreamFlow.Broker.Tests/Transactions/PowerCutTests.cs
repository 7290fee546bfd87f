using System.Globalization;
using StreamFlow.Broker.Transactions;
using Xunit.Abstractions;
using static StreamFlow.Broker.Tests.Transactions.TransactionFixture;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>Transactions when the end of any log may be lost that no fsync covered.</summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Power_cut_between_any_two_steps_splits_no_transaction_and_loses_no_commit()
    {
        int first = Random.Shared.Next();
        output.WriteLine($"seeds from {first}");
        int runs = int.Parse(Environment.GetEnvironmentVariable("STREAMFLOW_POWER_CUTS") ?? "60", CultureInfo.InvariantCulture);
        for (int seed = first; seed < first + runs; seed++)
        {
            try
            {
                await RunAsync(seed, (seed & 1) == 0 ? TransactionVersion.V0 : TransactionVersion.V2);
            }
            catch (Exception)
            {
                output.WriteLine($"seed {seed}");
                throw;
            }
        }
    }

    private static async Task RunAsync(int seed, TransactionVersion version)
    {
        var random = new Random(seed);
        string point = FaultPoints.All[random.Next(1, FaultPoints.All.Count)];
        using var broker = new TransactionFixture($"{point}:{random.Next(1, 8)}", random) { Version = version };
        ProducerIdentity producer = await broker.InitAsync();
        var committed = new List<int>();
        for (int i = 0; !broker.HasCrashed; i++)
        {
            int sequence = version < TransactionVersion.V2 ? i : 0;
            Assert.All(await broker.AddAsync(producer, A, B), x => Assert.Equal(ErrorCode.None, x));
            Assert.Equal(ErrorCode.None, broker.Produce(A, producer, sequence, i));
            Assert.Equal(ErrorCode.None, broker.Produce(B, producer, sequence, i));
            Assert.Equal(ErrorCode.None, await broker.AddOffsetsAsync(producer));
            Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(producer, i + 1));
            bool commit = random.Next(3) > 0;
            TransactionReply reply = await broker.FinishAsync(producer, commit);
            Assert.Equal(ErrorCode.None, reply.Error);
            producer = reply.Producer;
            if (commit && !broker.HasCrashed)
            {
                committed.Add(i);
            }
        }

        await CheckAsync(broker, committed);
    }

    private static async Task CheckAsync(TransactionFixture broker, List<int> committed)
    {
        broker.Crash();
        TransactionReply reply = new(0, ErrorCode.ConcurrentTransactions, ProducerIdentity.None);
        await Support.Eventually.TrueAsync(
            () => (reply = broker.Coordinator.InitProducerAsync(Id, 60_000, ProducerIdentity.None).AsTask().Result).Error
                != ErrorCode.ConcurrentTransactions,
            "the transaction is complete");

        Assert.Equal(ErrorCode.None, reply.Error);
        (List<string> inA, bool endA) = broker.Visible(A);
        (List<string> inB, bool endB) = broker.Visible(B);
        Assert.Equal((true, true), (endA, endB));
        Assert.Equal(inA, inB);
        List<int> visible = [.. inA.Select(static x => int.Parse(x.Split('/')[1], null))];
        Assert.Equal(committed, visible.Take(committed.Count));
        Assert.True(visible.Count <= committed.Count + 1, "More is visible than was ever decided.");
        Assert.Equal(visible.Count == 0 ? -1 : visible[^1] + 1, broker.Offset());
    }
}
