using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class PartitionLogTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Append_assigns_consecutive_offsets_and_reads_back()
    {
        using var log = Open();
        Assert.Equal(0, log.Append(Batches.Of("a", "b"), AppendOrigin.Client).BaseOffset);
        var second = log.Append(Batches.Of("c"), AppendOrigin.Client);

        Assert.Equal((2, 3), (second.BaseOffset, second.EndOffset));
        Assert.Equal(-1, second.LogAppendTimeMs);
        Assert.Equal([(0, "ka", "a"), (1, "kb", "b"), (2, "kc", "c")], Batches.ReadAll(log));
        Assert.Equal((3L, 3L, 3L), (log.LogEndOffset, log.HighWatermark, log.LastStableOffset));
    }

    [Fact]
    public void Reopen_after_close_keeps_every_record_over_many_segments()
    {
        var options = new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 128 };
        using (var log = Open(options))
        {
            for (var i = 0; i < 200; i++)
            {
                Assert.Equal(i, log.Append(Batches.Of("v" + i), AppendOrigin.Client).BaseOffset);
            }

            Assert.True(log.Segments.Length > 5);
        }

        using var again = Open(options);
        Assert.Equal(200, again.LogEndOffset);
        Assert.Equal(0, again.Recovery.ScannedBytes);
        Assert.Equal(0, again.LeaderEpoch);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => "v" + i), Batches.ReadAll(again).Select(r => r.Value));
        for (var offset = 0; offset < 200; offset++)
        {
            Assert.Equal("v" + offset, Batches.ReadAll(again, offset)[0].Value);
        }
    }

    [Fact]
    public void Read_returns_one_whole_batch_even_when_larger_than_the_limit()
    {
        using var log = Open();
        log.Append(Batches.Of(new string('x', 500)), AppendOrigin.Client);
        log.Append(Batches.Of("y"), AppendOrigin.Client);

        var buffer = new ArrayBufferWriter<byte>();
        var none = log.Read(0, 10, atLeastOneBatch: false, readCommitted: false, buffer);
        Assert.Equal((ErrorCode.None, 0, 0L), (none.Error, none.Bytes, none.NextOffset));
        var one = log.Read(0, 10, atLeastOneBatch: true, readCommitted: false, buffer);
        Assert.Equal((ErrorCode.None, 1L), (one.Error, one.NextOffset));
        Assert.Equal(one.Bytes, buffer.WrittenCount);
    }

    [Fact]
    public void Read_outside_the_log_is_out_of_range_and_at_the_end_is_empty()
    {
        using var log = Open();
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        var buffer = new ArrayBufferWriter<byte>();
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(2, 100, true, false, buffer).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(-1, 100, true, false, buffer).Error);
        var atEnd = log.Read(1, 100, true, false, buffer);
        Assert.Equal((ErrorCode.None, 0, 1L), (atEnd.Error, atEnd.Bytes, atEnd.HighWatermark));
    }

    [Fact]
    public void Append_and_read_allocate_nothing_per_batch()
    {
        using var log = Open();
        var batch = Batches.Of("a", "b", "c");
        var header = batch.AsSpan(0, RecordBatch.HeaderSize).ToArray();
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        long Measure(int rounds)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < rounds; i++)
            {
                header.CopyTo(batch, 0);
                log.Append(batch, AppendOrigin.Client);
                buffer.ResetWrittenCount();
                log.Read(log.LogEndOffset - 3, 10_000, true, false, buffer);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Measure(200);

        // What remains is the index, which grows by doubling: 16 bytes per 4 KiB of log.
        Assert.InRange(Measure(1000), 0, 8192);
    }

    private PartitionLog Open(LogOptions? options = null) =>
        PartitionLog.Open(_temporary.Sub("log"), options ?? LogOptions.Default, _clock);
}
