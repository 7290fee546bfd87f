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

    /// <summary>The disk kept the records of an aborted transaction, and nothing of its abort.</summary>
    [Fact]
    public async Task Aborted_transaction_whose_abort_a_power_cut_took_never_commits_with_the_next_one()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A, B);
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 0));
        string begun = broker.CopyLog(TransactionCoordinator.TopicName);
        string written = broker.CopyLog(A.Topic);
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: false));
        broker.Crash((TransactionCoordinator.TopicName, begun), (A.Topic, written));

        // The client lives on, and knows that its transaction is aborted: it begins the next one.
        Assert.All(await broker.AddAsync(producer, A), x => Assert.Equal(ErrorCode.None, x));
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 1));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await broker.EndAsync(producer, commit: true));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: false));
        Assert.All(await broker.AddAsync(producer, A), x => Assert.Equal(ErrorCode.None, x));
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 2));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: true));
        Assert.EndsWith("/2", Assert.Single(broker.Visible(A).Values), StringComparison.Ordinal);
    }

    /// <summary>Records were acknowledged and are gone; the transaction they belong to must not commit without them.</summary>
    [Fact]
    public async Task Transaction_some_of_whose_records_a_power_cut_took_never_commits_without_them()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A, B);
        string empty = broker.CopyLog(A.Topic);
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 0));
        Assert.Equal(ErrorCode.None, broker.Produce(B, producer, 0));
        broker.Crash((A.Topic, empty));
        Assert.Equal(0, broker.Log(A).LogEndOffset);

        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await broker.EndAsync(producer, commit: true));
        ProducerIdentity next = await broker.InitAsync(producer);
        Assert.Equal(producer.ProducerId, next.ProducerId);
        Assert.Equal((0, true), (broker.Visible(B).Values.Count, broker.Visible(B).AtEnd));
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
            if (version < TransactionVersion.V2)
            {
                Assert.Equal(ErrorCode.None, await broker.AddOffsetsAsync(producer));
            }

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
