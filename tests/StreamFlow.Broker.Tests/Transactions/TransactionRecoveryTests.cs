using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Storage;
using StreamFlow.Broker.Transactions;
using static StreamFlow.Broker.Tests.Transactions.TransactionFixture;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionRecoveryTests
{
    public static TheoryData<string, bool> CrashPoints()
    {
        var points = new TheoryData<string, bool>();
        foreach (string point in FaultPoints.All.Concat(["txn.after-add:2", "txn.before-marker:2", "txn.after-marker:2"]))
        {
            points.Add(point, true);
            points.Add(point, false);
        }

        return points;
    }

    [Theory]
    [MemberData(nameof(CrashPoints))]
    public async Task Crash_at_a_fault_point_leaves_all_of_the_transaction_or_nothing(string point, bool commit)
    {
        using var broker = new TransactionFixture(point);
        Assert.Equal(ErrorCode.None, await broker.CommitPlainOffsetAsync(1));
        ProducerIdentity producer = await broker.InitAsync();
        Assert.All(await broker.AddAsync(producer, A, B), x => Assert.Equal(ErrorCode.None, x));
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 0));
        Assert.Equal(ErrorCode.None, broker.Produce(B, producer, 0));
        Assert.Equal(ErrorCode.None, await broker.AddOffsetsAsync(producer));
        Assert.Equal(ErrorCode.None, await broker.CommitOffsetAsync(producer, 7));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit));
        Assert.True(broker.HasCrashed, "The point was not reached.");

        broker.Crash();

        // What was decided is carried out by the start alone; what was not is aborted when the producer comes back.
        string[] decidedAt =
        [
            FaultPoints.AfterPrepare, FaultPoints.BeforeMarker, FaultPoints.AfterMarker, FaultPoints.BeforeMaterialise,
            FaultPoints.AfterMaterialise, FaultPoints.BeforeComplete, FaultPoints.AfterComplete,
        ];
        bool isDecided = decidedAt.Contains(point.Split(':')[0]);
        if (isDecided)
        {
            // Until the markers are flushed the producer is told to ask again, as it would be without the crash.
            ErrorCode error = ErrorCode.ConcurrentTransactions;
            await Eventually(() => (error = broker.EndAsync(producer, commit).Result) != ErrorCode.ConcurrentTransactions);
            Assert.Equal(ErrorCode.None, error);
        }
        else
        {
            ProducerIdentity again = await broker.InitAsync();
            Assert.Equal(producer with { Epoch = again.Epoch }, again);
            Assert.Equal(ErrorCode.ProducerFenced, await broker.EndAsync(producer, commit));
        }

        bool isVisible = commit && isDecided;
        Assert.All([A, B], partition =>
        {
            (List<string> values, bool atEnd) = broker.Visible(partition);
            Assert.Equal(isVisible ? 1 : 0, values.Count);
            Assert.True(atEnd, "The last stable offset stays behind.");
        });
        Assert.Equal(isVisible ? 7 : 1, broker.Offset());
        Assert.DoesNotContain(broker.Warnings, x => x.Contains("does not know", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_transaction_goes_on_after_an_orderly_restart()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await BeginAsync(broker);
        broker.Restart();

        Assert.Null(broker.Offset());
        Assert.Equal((0, false), (broker.Visible(A).Values.Count, broker.Visible(A).AtEnd));
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 1));
        Assert.Equal(ErrorCode.None, broker.Produce(B, producer, 0));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: true));
        Assert.Equal(2, broker.Visible(A).Values.Count);
        Assert.Equal(7, broker.Offset());
    }

    /// <summary>What it wrote before may be lost, and nobody can tell.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_transaction_can_only_abort_after_a_crash_however_often_the_broker_restarts(bool restartAgain)
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await BeginAsync(broker);
        broker.Crash();
        if (restartAgain)
        {
            broker.Restart();
        }

        Assert.All(await broker.AddAsync(producer, B), x => Assert.Equal(ErrorCode.None, x));
        Assert.Equal(ErrorCode.None, broker.Produce(B, producer, 0));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await broker.EndAsync(producer, commit: true));
        Assert.False(broker.Visible(A).AtEnd);

        // The client aborts, and goes on as the producer it was.
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: false));
        Assert.Equal(-1, broker.Offset());
        Assert.All(await broker.AddAsync(producer, B), x => Assert.Equal(ErrorCode.None, x));
        Assert.Equal(ErrorCode.None, broker.Produce(B, producer, 1));
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: true));
        Assert.Equal((0, true), (broker.Visible(A).Values.Count, broker.Visible(A).AtEnd));
        Assert.EndsWith("/1", Assert.Single(broker.Visible(B).Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_transaction_is_aborted_after_a_restart_when_its_time_is_over()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync(timeoutMs: 10_000);
        await broker.AddAsync(producer, A);
        broker.Produce(A, producer, 0);
        broker.Time.Advance(TimeSpan.FromSeconds(6));
        broker.Crash();
        broker.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(broker.Visible(A).AtEnd);
        broker.Time.Advance(TimeSpan.FromSeconds(3));
        await Eventually(() => broker.Visible(A).AtEnd);

        Assert.Empty(broker.Visible(A).Values);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, broker.Produce(A, producer, 1));
        Assert.Equal(ErrorCode.ProducerFenced, await broker.EndAsync(producer, commit: true));
    }

    [Fact]
    public async Task Transaction_that_no_coordinator_knows_is_aborted_at_the_start()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity known = await broker.InitAsync();
        var orphan = new ProducerIdentity(4711, 3);
        ProducerIdentity later = known with { Epoch = 5 };
        foreach (ProducerIdentity lost in (ProducerIdentity[])[orphan, later])
        {
            broker.Log(A).RegisterTransaction(lost.ProducerId, lost.Epoch);
            Assert.Equal(ErrorCode.None, broker.Produce(A, lost, 0));
        }

        broker.Crash();

        Assert.Equal((0, true), (broker.Visible(A).Values.Count, broker.Visible(A).AtEnd));
        Assert.Equal(2, broker.Warnings.Count(x => x.Contains("does not know", StringComparison.Ordinal)));
        Assert.Equal(known with { Epoch = 6 }, await broker.InitAsync());
    }

    [Fact]
    public async Task Unused_id_expires_for_good_and_begins_anew()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        broker.Time.Advance(TimeSpan.FromDays(6.9));
        Assert.NotNull(broker.Coordinator.Describe(Id));
        broker.Time.Advance(TimeSpan.FromDays(0.2));
        Assert.Null(broker.Coordinator.Describe(Id));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, await broker.EndAsync(producer, commit: true));
        broker.Restart();
        Assert.Null(broker.Coordinator.Describe(Id));
        ProducerIdentity fresh = await broker.InitAsync();
        Assert.NotEqual(producer.ProducerId, fresh.ProducerId);
        Assert.Equal(0, fresh.Epoch);
    }

    [Fact]
    public async Task Deleted_partition_counts_as_done()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A, B);
        broker.Produce(A, producer, 0);
        broker.Produce(B, producer, 0);
        Assert.True(broker.Store.DeleteTopic("b").IsSuccess);
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: true));
        Assert.Single(broker.Visible(A).Values);
    }

    [Fact]
    public async Task Failed_write_of_the_log_ends_the_coordinator_without_a_false_answer()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A);
        broker.Disk.FailsWrites = true;
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, await broker.EndAsync(producer, commit: true));
        broker.Disk.FailsWrites = false;
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, await broker.EndAsync(producer, commit: true));
        broker.Crash();
        Assert.Equal(ErrorCode.None, await broker.EndAsync(producer, commit: false));
    }

    [Fact]
    public async Task Commit_whose_records_cannot_be_flushed_is_refused_and_aborts_after_the_restart()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A);
        Assert.Equal(ErrorCode.None, broker.Produce(A, producer, 0));
        broker.Disk.FailsFlushes = true;
        Assert.Equal(ErrorCode.KafkaStorageError, await broker.EndAsync(producer, commit: true));
        broker.Disk.FailsFlushes = false;
        broker.Crash();
        await broker.InitAsync();
        Assert.Equal((0, true), (broker.Visible(A).Values.Count, broker.Visible(A).AtEnd));
    }

    [Fact]
    public async Task Late_batch_cannot_reopen_an_ended_transaction()
    {
        using var broker = new TransactionFixture();
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A);
        await broker.AddOffsetsAsync(producer);
        broker.Produce(A, producer, 0);
        await broker.EndAsync(producer, commit: false);
        Assert.Equal(ErrorCode.InvalidTxnState, broker.Produce(A, producer, 1));

        // As if the offset commit had been admitted just before the marker.
        ErrorCode[] late = await broker.Groups.CommitOffsetsAsync(
            new StreamFlow.Broker.Groups.CommitCommand
            {
                GroupId = "group",
                GenerationId = -1,
                MemberId = "",
                Offsets = [new StreamFlow.Broker.Groups.OffsetToCommit(Input, 9, 0, "")],
            },
            producer.ProducerId,
            producer.Epoch);
        Assert.Equal([ErrorCode.InvalidTxnState], late);
        Assert.Equal(-1, broker.Offset());
    }

    private static async Task<ProducerIdentity> BeginAsync(TransactionFixture broker)
    {
        ProducerIdentity producer = await broker.InitAsync();
        await broker.AddAsync(producer, A, B);
        await broker.AddOffsetsAsync(producer);
        broker.Produce(A, producer, 0);
        await broker.CommitOffsetAsync(producer, 7);
        return producer;
    }

    private static async Task Eventually(Func<bool> condition) =>
        await Support.Eventually.TrueAsync(condition, "the condition holds");
}
