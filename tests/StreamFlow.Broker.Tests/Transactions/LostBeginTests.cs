using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Transactions;
using static StreamFlow.Broker.Tests.Transactions.TransactionFixture;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>
/// In version 2 nobody waits for the begin of a transaction. Every order in which a power cut may take it, and what came
/// with it and after it, under clients that live on.
/// </summary>
public sealed class LostBeginTests : IDisposable
{
    private readonly TransactionFixture _broker = new() { Version = TransactionVersion.V2 };

    public void Dispose() => _broker.Dispose();

    /// <summary>The disk kept records in one partition and none in the other, and nothing of the transaction.</summary>
    [Fact]
    public async Task Transaction_whose_begin_is_lost_is_aborted_where_it_wrote_and_can_never_commit_the_rest()
    {
        ProducerIdentity producer = await _broker.InitAsync();
        string before = _broker.CopyLog(TransactionCoordinator.TopicName);
        string empty = _broker.CopyLog(A.Topic);
        await WriteAsync(producer, A, 0, "lost");
        await WriteAsync(producer, B, 0, "kept");
        Assert.Equal(ErrorCode.None, await _broker.CommitOffsetAsync(producer, 7));
        _broker.Crash((TransactionCoordinator.TopicName, before), (A.Topic, empty));

        // Before anybody asks: nothing hides what comes behind it, and no offset is pending.
        Assert.Equal((0, true), (_broker.Visible(B).Values.Count, _broker.Visible(B).AtEnd));
        Assert.Equal(-1, _broker.Offset());
        Assert.Contains(_broker.Warnings, static x => x.Contains("does not know", StringComparison.Ordinal));

        // The client goes on with the same transaction, which it takes for open.
        await WriteAsync(producer, B, 1, "rest");
        Assert.Equal(ErrorCode.None, await _broker.CommitOffsetAsync(producer, 8));
        await IsRefusedAndAbortsAsync(producer);
        Assert.Equal((0, true), (_broker.Visible(B).Values.Count, _broker.Visible(B).AtEnd));
        Assert.Equal(-1, _broker.Offset());
    }

    /// <summary>Nothing at all is left of the transaction; its client knows that it wrote.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transaction_that_is_lost_without_a_trace_can_never_commit(bool goesOn)
    {
        ProducerIdentity producer = await CommittedAsync();
        string before = _broker.CopyLog(TransactionCoordinator.TopicName);
        string written = _broker.CopyLog(A.Topic);
        await WriteAsync(producer, A, 0, "lost");
        _broker.Crash((TransactionCoordinator.TopicName, before), (A.Topic, written));

        if (goesOn)
        {
            await WriteAsync(producer, B, 0, "rest");
        }

        await IsRefusedAndAbortsAsync(producer);
        Assert.Equal((0, true), (_broker.Visible(B).Values.Count, _broker.Visible(B).AtEnd));
        Assert.Equal(3, _broker.Visible(A).Values.Count);
    }

    /// <summary>What was lost is remembered over an orderly stop, and a new producer of the id is not held to it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transaction_that_may_be_lost_can_never_commit_after_an_orderly_stop_either_but_a_new_producer_can(bool isNew)
    {
        ProducerIdentity producer = await CommittedAsync();
        _broker.Crash();
        _broker.Restart();
        if (!isNew)
        {
            await WriteAsync(producer, B, 0, "rest");
            await IsRefusedAndAbortsAsync(producer);
            return;
        }

        producer = await _broker.InitAsync();
        await WriteAsync(producer, B, 0, "next");
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(producer, commit: true));
        Assert.Single(_broker.Visible(B).Values);
    }

    /// <summary>
    /// The decision is durable, and so are the records of the next transaction, but nothing between: the marker that the
    /// start writes again must not commit them.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Marker_that_is_written_again_never_decides_a_later_transaction_whose_begin_is_lost(bool commit)
    {
        using var broker = new TransactionFixture($"{FaultPoints.AfterPrepare}:1") { Version = TransactionVersion.V2 };
        ProducerIdentity first = await broker.InitAsync();
        await broker.AddAsync(first, A);
        Assert.Equal(ErrorCode.None, broker.Produce(A, first, 0, 1));
        Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(first, 7));
        ProducerIdentity second = (await broker.FinishAsync(first, commit)).Producer;
        Assert.True(broker.HasCrashed, "The point was not reached.");

        // The crash has the log of transactions as it was when the decision was durable; the other logs are of now.
        await broker.AddAsync(second, A);
        Assert.Equal(ErrorCode.None, broker.Produce(A, second, 0, 2));
        Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(second, 8));
        broker.Crash((A.Topic, broker.CopyLog(A.Topic)), (OffsetsTopic, broker.CopyLog(OffsetsTopic)));

        await Support.Eventually.TrueAsync(
            () => !broker.Coordinator.Describe(Id)!.State.IsPrepared(), "what was decided is carried out");
        string[] decided = commit ? [$"{first.ProducerId}/1"] : [];
        Assert.Equal(decided, broker.Visible(A).Values);
        Assert.True(broker.Visible(A).AtEnd);
        Assert.Equal(commit ? 7 : -1, broker.Offset());

        // It is the second transaction's client that lives on.
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, (await broker.FinishAsync(second, commit: true)).Error);
        TransactionReply aborted = await broker.FinishAsync(second, commit: false);
        Assert.Equal((ErrorCode.None, second.Next()), (aborted.Error, aborted.Producer));
        await broker.AddAsync(aborted.Producer, A);
        Assert.Equal(ErrorCode.None, broker.Produce(A, aborted.Producer, 0, 3));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(aborted.Producer, commit: true));
        Assert.Equal([.. decided, $"{first.ProducerId}/3"], broker.Visible(A).Values);
    }

    /// <summary>Where the epoch has been that of a classic transaction, it would not tell one from the other.</summary>
    [Fact]
    public async Task Begin_is_durable_in_the_classic_protocol_and_where_the_epoch_was_that_of_a_classic_transaction()
    {
        _broker.Version = TransactionVersion.V0;
        ProducerIdentity producer = await _broker.InitAsync();
        await _broker.AddAsync(producer, A);
        Assert.True(IsDurable());
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(producer, commit: true));

        _broker.Version = TransactionVersion.V2;
        await _broker.AddAsync(producer, A);
        Assert.True(IsDurable());
        TransactionReply end = await _broker.FinishAsync(producer, commit: true);
        await _broker.AddAsync(end.Producer, A);
        Assert.False(IsDurable());
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(end.Producer, commit: true));
        Assert.False(_broker.Coordinator.Describe(Id)!.MustAbort);
    }

    /// <summary>A classic client waits for its begin, so that it has none to lose.</summary>
    [Fact]
    public async Task Classic_producer_that_was_idle_during_a_power_cut_commits_its_next_transaction()
    {
        _broker.Version = TransactionVersion.V0;
        ProducerIdentity producer = await _broker.InitAsync();
        _broker.Crash();
        await WriteAsync(producer, A, 0, "first");
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(producer, commit: true));
        _broker.Crash();
        await WriteAsync(producer, A, 1, "second");
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(producer, commit: true));
        Assert.Equal(2, _broker.Visible(A).Values.Count);
    }

    /// <summary>No start, no other process: the kernel dropped the begin with a failed fsync, and the records live.</summary>
    [Fact]
    public async Task Transaction_whose_begin_a_failed_fsync_took_can_never_commit_when_the_coordinator_comes_back()
    {
        using var directory = new TemporaryDirectory();
        var files = new FaultyFileSystem();
        using TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = directory.Sub("data"),
            Time = _broker.Time,
            MaintenanceInterval = TimeSpan.Zero,
            Files = files,
            FlusherThreads = 0,
        });
        store.CreateTopic("a", 1);
        using GroupCoordinator groups = GroupCoordinator.Open(store, new GroupCoordinatorOptions(), _broker.Time);
        TransactionCoordinator Open() => TransactionCoordinator.Open(store, groups, new TransactionCoordinatorOptions(), _broker.Time);
        TransactionCoordinator first = Open();
        ProducerIdentity producer = (await first.InitProducerAsync(Id, 60_000, ProducerIdentity.None)).Producer;
        PartitionLog log = store.GetPartition(TransactionCoordinator.TopicName, 0)!;
        long durable = log.Segments[^1].Size;
        Assert.Equal([ErrorCode.None], await first.AddPartitionsAsync(Id, producer, [A], TransactionVersion.V2));
        byte[] batch = Batches.Produced(producer.ProducerId, producer.Epoch, 0, transactional: true);
        Assert.Equal(ErrorCode.None, store.GetPartition("a", 0)!.Append(batch, AppendOrigin.Client).Error);

        (files.Target, files.FailFlush) = (log.LogDirectory, true);
        files.OnFailedFlush = file => file.Write(new byte[80], durable);
        TransactionReply failed = await first.EndAsync(Id, producer, commit: true, TransactionVersion.V2);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, failed.Error);
        files.FailFlush = false;
        first.Dispose();
        Assert.True(log.TryRepair());
        using TransactionCoordinator second = Open();

        Assert.Equal(store.GetPartition("a", 0)!.HighWatermark, store.GetPartition("a", 0)!.LastStableOffset);
        TransactionReply commit = await second.EndAsync(Id, producer, commit: true, TransactionVersion.V2);
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, commit.Error);
        Assert.Equal(producer.Next(), (await second.EndAsync(Id, producer, commit: false, TransactionVersion.V2)).Producer);
    }

    private static string OffsetsTopic => TransactionPartitions.Offsets.Topic;

    private bool IsDurable()
    {
        StorageFile log = _broker.Store.GetPartition(TransactionCoordinator.TopicName, 0)!.Segments[^1].File;
        return _broker.Disk.Flushed.GetValueOrDefault(log.Path) == log.Length;
    }

    private async Task<ProducerIdentity> CommittedAsync()
    {
        ProducerIdentity producer = await _broker.InitAsync();
        for (int i = 0; i < 2; i++)
        {
            await WriteAsync(producer, A, 0, "before");
            TransactionReply reply = await _broker.FinishAsync(producer, commit: true);
            Assert.Equal(ErrorCode.None, reply.Error);
            producer = reply.Producer;
        }

        return producer;
    }

    private async Task WriteAsync(ProducerIdentity producer, TransactionPartition partition, int sequence, string what)
    {
        Assert.All(await _broker.AddAsync(producer, partition), x => Assert.True(x == ErrorCode.None, $"{what}: {x}"));
        Assert.Equal(ErrorCode.None, _broker.Produce(partition, producer, sequence));
    }

    /// <summary>The commit is refused, the abort is not, and the producer's next transaction commits.</summary>
    private async Task IsRefusedAndAbortsAsync(ProducerIdentity producer)
    {
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await _broker.EndAsync(producer, commit: true));
        TransactionReply aborted = await _broker.FinishAsync(producer, commit: false);
        Assert.Equal((ErrorCode.None, producer.Next()), (aborted.Error, aborted.Producer));
        int before = _broker.Visible(A).Values.Count;
        await WriteAsync(aborted.Producer, A, 0, "next");
        Assert.Equal(ErrorCode.None, await _broker.EndAsync(aborted.Producer, commit: true));
        Assert.Equal(before + 1, _broker.Visible(A).Values.Count);
    }
}
