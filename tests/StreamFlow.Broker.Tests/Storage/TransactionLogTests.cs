using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class TransactionLogTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Last_stable_offset_stops_at_the_oldest_open_transaction()
    {
        using var log = Open("log");
        Transactional(log, 1, 0);
        log.Append(Batches.Of("plain"), AppendOrigin.Client);
        Transactional(log, 2, 0);
        Assert.Equal((3L, 0L), (log.HighWatermark, log.LastStableOffset));
        End(log, 1, commit: true);
        Assert.Equal((4L, 2L), (log.HighWatermark, log.LastStableOffset));
        End(log, 2, commit: false);
        Assert.Equal((5L, 5L), (log.HighWatermark, log.LastStableOffset));
    }

    [Fact]
    public void Read_committed_ends_at_the_stable_offset_and_lists_aborted_transactions_by_first_offset()
    {
        using var log = Open("log");
        Transactional(log, 1, 0);
        Transactional(log, 2, 0);
        End(log, 2, commit: false);
        End(log, 1, commit: false);
        Transactional(log, 3, 0);

        var buffer = new ArrayBufferWriter<byte>();
        var read = log.Read(0, 10_000, true, readCommitted: true, buffer);
        Assert.Equal(4, read.NextOffset);
        Assert.Equal([(1L, 0L), (2L, 1L)], read.AbortedTransactions!.Select(a => (a.ProducerId, a.FirstOffset)));
        Assert.Null(log.Read(0, 10_000, true, readCommitted: false, buffer).AbortedTransactions);
        var later = log.Read(3, 10_000, true, readCommitted: true, buffer);
        Assert.Equal([1L], later.AbortedTransactions!.Select(a => a.ProducerId));
        Assert.Empty(log.Read(4, 10_000, true, readCommitted: true, buffer).AbortedTransactions!);
    }

    [Fact]
    public void Append_outside_its_transaction_is_refused()
    {
        using var log = Open("log");
        var batch = Batches.Produced(1, 0, 0, transactional: true);
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(batch, AppendOrigin.Client).Error);
        Transactional(log, 1, 0);
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(Batches.Produced(1, 0, 1), AppendOrigin.Client).Error);
        End(log, 1, commit: false);
        var late = Batches.Produced(1, 0, 1, transactional: true);
        Assert.Equal(ErrorCode.InvalidTxnState, log.Append(late, AppendOrigin.Client).Error);
        Assert.Equal(2, log.LastStableOffset);
    }

    [Fact]
    public void Marker_of_a_higher_epoch_fences_the_producer_and_one_of_a_lower_epoch_is_refused()
    {
        using var log = Open("log");
        Transactional(log, 1, 0);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Marker(1, 1, false), AppendOrigin.Marker).Error);
        log.RegisterTransaction(1, 0);
        var zombie = Batches.Produced(1, 0, 1, transactional: true);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, log.Append(zombie, AppendOrigin.Client).Error);
        Assert.Equal(
            ErrorCode.InvalidProducerEpoch, log.Append(Batches.Marker(1, 0, true), AppendOrigin.Marker).Error);
        Assert.Equal(2, log.LastStableOffset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Transactions_survive_a_restart(bool crash)
    {
        var options = new LogOptions { SegmentBytes = 1024 };
        string directory;
        using (var log = Open("log", options))
        {
            for (var i = 0; i < 20; i++)
            {
                Transactional(log, 1, i);
                End(log, 1, commit: i % 2 == 0);
            }

            Transactional(log, 2, 0);
            Transactional(log, 1, 20);
            End(log, 1, commit: false);
            directory = crash ? _temporary.CopyOf(log.LogDirectory) : log.LogDirectory;
        }

        using var again = PartitionLog.Open(directory, options, _clock);
        Assert.Equal((43L, 40L), (again.HighWatermark, again.LastStableOffset));
        var open = again.DescribeProducers().Single(producer => producer.ProducerId == 2);
        Assert.Equal(40, open.OpenTransactionFirstOffset);
        End(again, 2, commit: true);
        Assert.Equal(44, again.LastStableOffset);
        Assert.Equal(11, again.Producers.Aborted.Length);
        var first = again.Read(0, 1_000_000, true, readCommitted: true, new ArrayBufferWriter<byte>());
        Assert.Equal(2, first.AbortedTransactions![0].FirstOffset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_transaction_that_lost_its_beginning_holds_back_only_what_is_left(bool byRetention)
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionBytes = byRetention ? 2048 : -1 };
        var directory = _temporary.Sub("log");
        using (var log = Open("log", options))
        {
            Transactional(log, 1, 0);
            for (var i = 0; i < 40; i++)
            {
                log.Append(Batches.Of("plain" + i), AppendOrigin.Client);
            }

            Assert.Equal(0, log.LastStableOffset);
            var advances = 0;
            log.Advanced += _ => advances++;
            if (byRetention)
            {
                log.Maintain();
            }
            else
            {
                log.DeleteRecordsBefore(20, out _);
            }

            Assert.True(log.LogStartOffset > 0);
            Assert.Equal(log.LogStartOffset, log.LastStableOffset);
            Assert.Equal(1, advances);
            Assert.Equal(ErrorCode.None, ReadError(log, log.LastStableOffset));
            directory = _temporary.CopyOf(log.LogDirectory);
        }

        using var again = Open(directory, options);
        Assert.True(again.LogStartOffset > 0);
        Assert.Equal(again.LogStartOffset, again.LastStableOffset);
        End(again, 1, commit: true);
        Assert.Equal(again.HighWatermark, again.LastStableOffset);
    }

    [Fact]
    public void Random_transactions_show_exactly_the_committed_records()
    {
        const int Seed = 31;
        var random = new Random(Seed);
        var options = new LogOptions { SegmentBytes = 2048 };
        var (expected, pending) = (new HashSet<long>(), new Dictionary<long, List<long>>());
        var sequences = new int[6];
        using var log = Open("log", options);
        for (var i = 0; i < 2000; i++)
        {
            var producer = random.Next(1, 6);
            if (pending.TryGetValue(producer, out var offsets) && random.Next(3) == 0)
            {
                var commit = random.Next(2) == 0;
                End(log, producer, commit);
                expected.UnionWith(commit ? offsets : []);
                pending.Remove(producer);
            }
            else
            {
                if (offsets is null)
                {
                    pending.Add(producer, offsets = []);
                }

                offsets.Add(Transactional(log, producer, sequences[producer]++));
            }
        }

        foreach (var producer in pending.Keys)
        {
            End(log, producer, commit: false);
        }

        Assert.Equal(log.HighWatermark, log.LastStableOffset);
        var from = (long)random.Next((int)log.LogEndOffset);
        Assert.Equal(expected.Where(offset => offset >= from).Order(), ReadCommitted(log, from, random));
        Assert.Equal(expected.Order(), ReadCommitted(log, 0, random));
    }

    // Filters as a client does: by the aborted list and the markers met on the way.
    private static List<long> ReadCommitted(PartitionLog log, long from, Random random)
    {
        var visible = new List<long>();
        for (var offset = from; offset < log.LastStableOffset;)
        {
            var buffer = new ArrayBufferWriter<byte>();
            var read = log.Read(offset, random.Next(100, 1000), true, readCommitted: true, buffer);
            var aborting = new HashSet<long>();
            var bytes = buffer.WrittenSpan;
            while (BatchHeader.TryRead(bytes, out var header))
            {
                foreach (var entry in read.AbortedTransactions!)
                {
                    if (entry.ProducerId == header.ProducerId && entry.FirstOffset <= header.BaseOffset
                        && entry.LastOffset >= header.BaseOffset)
                    {
                        aborting.Add(entry.ProducerId);
                    }
                }

                if (header.IsControl)
                {
                    aborting.Remove(header.ProducerId);
                }
                else if (!aborting.Contains(header.ProducerId) && header.BaseOffset >= offset)
                {
                    visible.Add(header.BaseOffset);
                }

                bytes = bytes[header.TotalSize..];
            }

            offset = read.NextOffset;
        }

        return visible;
    }

    private static ErrorCode ReadError(PartitionLog log, long offset) =>
        log.Read(offset, 1000, true, readCommitted: true, new ArrayBufferWriter<byte>()).Error;

    private static long Transactional(PartitionLog log, long producer, int sequence)
    {
        log.RegisterTransaction(producer, 0);
        var result = log.Append(Batches.Produced(producer, 0, sequence, transactional: true), AppendOrigin.Client);
        Assert.Equal(ErrorCode.None, result.Error);
        return result.BaseOffset;
    }

    private static void End(PartitionLog log, long producer, bool commit) =>
        Assert.Equal(ErrorCode.None, log.Append(Batches.Marker(producer, 0, commit), AppendOrigin.Marker).Error);

    private PartitionLog Open(string name, LogOptions? options = null) =>
        PartitionLog.Open(Path.IsPathRooted(name) ? name : _temporary.Sub(name), options ?? LogOptions.Default, _clock);
}
