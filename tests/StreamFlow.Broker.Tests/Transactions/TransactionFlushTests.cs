using System.Globalization;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Transactions;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>
/// What transactions cost of the disk: how often it is flushed, and by how many of them a flush is shared. With
/// <c>STREAMFLOW_TRANSACTION_BENCH</c> set to a number, each case runs that many transactions per producer and tells rates.
/// </summary>
public sealed class TransactionFlushTests(ITestOutputHelper output) : IDisposable
{
    private readonly Storage.TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Version_2_flushes_less_than_the_classic_order_and_producers_share_what_they_flush()
    {
        string? asked = Environment.GetEnvironmentVariable("STREAMFLOW_TRANSACTION_BENCH");
        int transactions = int.Parse(asked ?? "8", CultureInfo.InvariantCulture);
        var perTransaction = new Dictionary<(TransactionVersion, int), double>();
        foreach (int producers in (int[])[1, 8, 32])
        {
            foreach (TransactionVersion version in (TransactionVersion[])[TransactionVersion.V0, TransactionVersion.V2])
            {
                (double flushes, double rate) = await RunAsync(version, producers, transactions);
                perTransaction[(version, producers)] = flushes;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{producers} producers, {version}: {flushes:0.00} fsyncs per transaction, {rate:0} transactions/s"));
            }
        }

        // The log of transactions, and the partition and the offsets that each transaction writes to. Classic: begin,
        // offsets join, both, decision, both markers. Version 2: the begin is not waited for, and the markers are flushed by
        // the next transaction.
        Assert.Equal(7, perTransaction[(TransactionVersion.V0, 1)], tolerance: 0.5);
        Assert.Equal(3, perTransaction[(TransactionVersion.V2, 1)], tolerance: 0.5);
        Assert.True(perTransaction[(TransactionVersion.V2, 32)] < perTransaction[(TransactionVersion.V2, 1)] / 2);
    }

    private async Task<(double Flushes, double Rate)> RunAsync(TransactionVersion version, int producers, int transactions)
    {
        int flushes = 0;
        using TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = _directory.Sub($"{version}-{producers}"),
            Time = TimeProvider.System,
            MaintenanceInterval = TimeSpan.Zero,
            OnFlushed = _ => Interlocked.Increment(ref flushes),
        });
        store.CreateTopic("t", 4);
        using GroupCoordinator groups = GroupCoordinator.Open(store, new GroupCoordinatorOptions(), TimeProvider.System);
        using TransactionCoordinator coordinator = TransactionCoordinator.Open(
            store, groups, new TransactionCoordinatorOptions { CheckInterval = TimeSpan.FromHours(1) }, TimeProvider.System);
        ProducerIdentity[] identities = await Task.WhenAll(Enumerable.Range(0, producers).Select(async x =>
            (await coordinator.InitProducerAsync($"tx-{x}", 60_000, ProducerIdentity.None)).Producer));
        flushes = 0;
        long began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(identities.Select((identity, x) =>
            ProduceAsync(store, coordinator, x, identity, version, transactions)));
        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        return ((double)flushes / producers / transactions, producers * transactions / seconds);
    }

    private static async Task ProduceAsync(
        TopicStore store, TransactionCoordinator coordinator, int number, ProducerIdentity producer,
        TransactionVersion version, int transactions)
    {
        string id = $"tx-{number}";
        var partition = new TransactionPartition("t", number % 4);
        PartitionLog log = store.GetPartition(partition.Topic, partition.Partition)!;
        for (int i = 0; i < transactions; i++)
        {
            Assert.Equal([ErrorCode.None], await coordinator.AddPartitionsAsync(id, producer, [partition], version));
            int sequence = version < TransactionVersion.V2 ? i : 0;
            byte[] batch = Batches.Produced(producer.ProducerId, producer.Epoch, sequence, transactional: true);
            Assert.Equal(ErrorCode.None, log.Append(batch, AppendOrigin.Client).Error);
            if (version < TransactionVersion.V2)
            {
                Assert.Equal(ErrorCode.None, await coordinator.AddOffsetsAsync(id, producer, "g"));
            }

            Assert.Equal([ErrorCode.None], await coordinator.CommitOffsetsAsync(id, producer, Offsets(number, i), version));
            TransactionReply reply = await coordinator.EndAsync(id, producer, commit: true, version);
            Assert.Equal(ErrorCode.None, reply.Error);
            producer = reply.Producer;
        }
    }

    private static CommitCommand Offsets(int number, int offset) => new()
    {
        GroupId = $"g-{number}",
        GenerationId = -1,
        MemberId = "",
        Offsets = [new OffsetToCommit(new OffsetKey("t", number % 4), offset, 0, "")],
    };
}
