using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class ProducerStateTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Append_of_any_of_the_last_five_batches_again_answers_its_old_offset()
    {
        using var log = Open();
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal(ErrorCode.None, Produce(log, 0, i).Error);
        }

        for (var i = 2; i < 7; i++)
        {
            var again = Produce(log, 0, i);
            Assert.Equal(
                (ErrorCode.None, i, i + 1L, true),
                (again.Error, (int)again.BaseOffset, again.EndOffset, again.IsDuplicate));
        }

        Assert.Equal(ErrorCode.DuplicateSequenceNumber, Produce(log, 0, 1).Error);
        Assert.Equal(7, log.LogEndOffset);
    }

    [Fact]
    public void Append_out_of_order_stale_or_unknown_follows_kafka()
    {
        using var log = Open();
        Assert.Equal(ErrorCode.None, Produce(log, 3, 77).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Produce(log, 3, 79).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Produce(log, 2, 78).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Produce(log, 4, 78).Error);
        Assert.Equal(ErrorCode.None, Produce(log, 4, 0).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Produce(log, 3, 78).Error);
        Assert.Equal(ErrorCode.None, Produce(log, 4, 1).Error);
    }

    [Fact]
    public void Append_wraps_the_sequence_after_the_largest_int()
    {
        using var log = Open();
        Assert.Equal(ErrorCode.None, Produce(log, 0, int.MaxValue - 1, records: 3).Error);
        Assert.Equal(ErrorCode.None, Produce(log, 0, 1).Error);
        Assert.True(Produce(log, 0, int.MaxValue - 1, records: 3).IsDuplicate);
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, Produce(log, 0, int.MaxValue - 1).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Produce(log, 0, 3).Error);
    }

    [Theory]
    [InlineData("clean")]
    [InlineData("crash")]
    [InlineData("crash without snapshot")]
    [InlineData("clean with damaged snapshot")]
    public void Sequences_survive_a_restart(string how)
    {
        var options = new LogOptions { SegmentBytes = 1024 };
        string directory;
        using (var log = Open(options))
        {
            for (var i = 0; i < 50; i++)
            {
                Produce(log, 1, i);
                if (i < 3)
                {
                    log.Append(Batches.Produced(8, 2, i), AppendOrigin.Client);
                }
            }

            directory = how.StartsWith("crash", StringComparison.Ordinal)
                ? _temporary.CopyOf(log.LogDirectory)
                : log.LogDirectory;
        }

        var snapshots = Directory.GetFiles(directory, "*.snapshot");
        Assert.InRange(snapshots.Length, 1, 2);
        foreach (var snapshot in snapshots)
        {
            if (how == "crash without snapshot")
            {
                File.Delete(snapshot);
            }
            else if (how == "clean with damaged snapshot")
            {
                File.WriteAllBytes(snapshot, [1, 2, 3]);
            }
        }

        using var again = PartitionLog.Open(directory, options, _clock);
        Assert.Equal(53, again.LogEndOffset);
        for (var i = 45; i < 50; i++)
        {
            Assert.Equal((true, i + 3), (Produce(again, 1, i).IsDuplicate, (int)Produce(again, 1, i).BaseOffset));
        }

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Produce(again, 1, 51).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Produce(again, 0, 50).Error);
        Assert.Equal(ErrorCode.None, Produce(again, 1, 50).Error);
        Assert.True(again.Append(Batches.Produced(8, 2, 2), AppendOrigin.Client).IsDuplicate);
        Assert.Equal(ErrorCode.None, again.Append(Batches.Produced(8, 2, 3), AppendOrigin.Client).Error);
    }

    [Fact]
    public void What_was_replayed_after_a_crash_is_not_replayed_after_the_next_one()
    {
        using var log = Open();
        var value = new string('v', 2000);
        for (var i = 0; i < 600; i++)
        {
            log.RegisterTransaction(7, 0);
            var batch = Batches.Produced(7, 0, i, transactional: true, key: value);
            Assert.Equal(ErrorCode.None, log.Append(batch, AppendOrigin.Client).Error);
            if (i == 300)
            {
                log.Append(Batches.Marker(7, 0, commit: false), AppendOrigin.Marker);
            }
        }

        var crashed = _temporary.CopyOf(log.LogDirectory);
        Assert.Empty(Directory.GetFiles(crashed, "*.snapshot"));
        using var first = PartitionLog.Open(crashed, LogOptions.Default, _clock);
        var next = Batches.Produced(7, 0, 600, transactional: true);
        first.RegisterTransaction(7, 0);
        Assert.Equal(ErrorCode.None, first.Append(next.ToArray(), AppendOrigin.Client).Error);
        var crashedAgain = _temporary.CopyOf(crashed);
        var snapshot = Directory.GetFiles(crashedAgain, "*.snapshot").Single();
        Assert.Equal(Segment.FileName(601, ProducerSnapshot.Suffix), Path.GetFileName(snapshot));

        using var second = PartitionLog.Open(crashedAgain, LogOptions.Default, _clock);
        Assert.Equal((602, 302), (second.LogEndOffset, second.LastStableOffset));
        var again = second.Append(Batches.Produced(7, 0, 600, transactional: true), AppendOrigin.Client);
        Assert.Equal((true, 601L), (again.IsDuplicate, again.BaseOffset));
        var answer = second.Read(0, 1 << 20, atLeastOneBatch: true, readCommitted: true, new ArrayBufferWriter<byte>());
        Assert.Equal([(7L, 0L)], answer.AbortedTransactions!.Select(a => (a.ProducerId, a.FirstOffset)));
    }

    [Fact]
    public void Sequences_forget_what_recovery_cut_off()
    {
        using var log = Open();
        Produce(log, 0, 0);
        Produce(log, 0, 1);
        var copy = _temporary.CopyOf(log.LogDirectory);
        var file = Directory.GetFiles(copy, "*.log").Single();
        using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.SetLength(stream.Length - 1);
        }

        using var recovered = PartitionLog.Open(copy, LogOptions.Default, _clock);
        var again = Produce(recovered, 0, 1);
        Assert.Equal((ErrorCode.None, false, 1L), (again.Error, again.IsDuplicate, again.BaseOffset));
    }

    [Fact]
    public void Sequences_forget_what_an_accepted_loss_took_although_a_snapshot_knows_it()
    {
        string directory;
        using (var log = Open())
        {
            Produce(log, 0, 0);
            Produce(log, 0, 1);
            directory = log.LogDirectory;
        }

        Assert.NotEmpty(Directory.GetFiles(directory, "*.snapshot"));
        using (var stream = new FileStream(Directory.GetFiles(directory, "*.log").Single(), FileMode.Open))
        {
            stream.SetLength(stream.Length - 1);
        }

        File.WriteAllBytes(Path.Combine(directory, LogRecovery.AcceptLossFile), []);
        using var recovered = Open();
        var again = Produce(recovered, 0, 1);
        Assert.Equal((ErrorCode.None, false, 1L), (again.Error, again.IsDuplicate, again.BaseOffset));
    }

    [Fact]
    public void Maintain_spares_a_producer_whose_transaction_may_still_write()
    {
        using var log = Open();
        Produce(log, 0, 0);
        log.RegisterTransaction(7, 0);
        _clock.Advance(TimeSpan.FromHours(25));
        log.Maintain();
        Assert.Equal(
            ErrorCode.OutOfOrderSequenceNumber,
            log.Append(Batches.Produced(7, 0, 41, transactional: true), AppendOrigin.Client).Error);
    }

    [Fact]
    public void Maintain_forgets_silent_producers_after_a_day()
    {
        using var log = Open();
        Produce(log, 0, 0);
        _clock.Advance(TimeSpan.FromHours(23));
        log.Maintain();
        Assert.Single(log.DescribeProducers());
        _clock.Advance(TimeSpan.FromHours(2));
        log.Maintain();
        Assert.Empty(log.DescribeProducers());
        Assert.Equal(ErrorCode.None, Produce(log, 0, 41).Error);
    }

    private static AppendResult Produce(PartitionLog log, short epoch, int sequence, int records = 1) =>
        log.Append(Batches.Produced(7, epoch, sequence, records), AppendOrigin.Client);

    private PartitionLog Open(LogOptions? options = null) =>
        PartitionLog.Open(_temporary.Sub("log"), options ?? new LogOptions { RetentionMs = -1 }, _clock);
}
