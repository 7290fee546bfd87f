using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class RetentionTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Maintain_drops_segments_older_than_retention_and_keeps_the_start_over_a_restart()
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionMs = 3_600_000 };
        long start;
        using (var log = Open(options))
        {
            Fill(log, 30);
            log.Maintain();
            Assert.Equal(0, log.LogStartOffset);
            _clock.Advance(TimeSpan.FromMinutes(50));
            Fill(log, 30);
            _clock.Advance(TimeSpan.FromMinutes(20));
            log.Maintain();
            start = log.LogStartOffset;
            Assert.InRange(start, 10, 30);
            var read = log.Read(0, 100, true, false, new ArrayBufferWriter<byte>());
            Assert.Equal((ErrorCode.OffsetOutOfRange, start), (read.Error, read.LogStartOffset));
            Assert.Equal(log.Segments.Length, Directory.GetFiles(log.LogDirectory, "*.log").Length);
        }

        using var again = Open(options);
        Assert.Equal((start, 60L), (again.LogStartOffset, again.LogEndOffset));
        Assert.Equal(60 - start, Batches.ReadAll(again).Count);
    }

    [Fact]
    public void Maintain_drops_everything_of_a_topic_that_fell_silent()
    {
        using var log = Open(new LogOptions { RetentionMs = 1000 });
        Fill(log, 5);
        _clock.Advance(TimeSpan.FromSeconds(2));
        log.Maintain();
        Assert.Equal((5L, 5L), (log.LogStartOffset, log.LogEndOffset));
        Assert.Equal(5, log.Append(Batches.At(_clock.NowMs(), "next"), AppendOrigin.Client).BaseOffset);
    }

    [Fact]
    public void Maintain_drops_the_oldest_segments_beyond_the_size_limit()
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionMs = -1, RetentionBytes = 3000 };
        using var log = Open(options);
        Fill(log, 100);
        log.Maintain();
        Assert.InRange(log.SizeInBytes, 3000, 3000 + 1024);
        Assert.Equal(log.LogStartOffset, log.Segments[0].BaseOffset);
        Assert.Equal("v99", Batches.ReadAll(log)[^1].Value);
    }

    [Fact]
    public void Maintain_without_delete_policy_keeps_everything()
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionMs = 1, CleanupPolicy = CleanupPolicy.Compact };
        using var log = Open(options);
        Fill(log, 50);
        _clock.Advance(TimeSpan.FromDays(30));
        log.Maintain();
        Assert.Equal(50, Batches.ReadAll(log).Count);
    }

    [Fact]
    public void Delete_records_moves_the_start_durably_and_unlinks_whole_segments()
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionMs = -1 };
        using var log = Open(options);
        Fill(log, 50);
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.DeleteRecordsBefore(51, out _));
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.DeleteRecordsBefore(-2, out _));
        Assert.Equal(ErrorCode.None, log.DeleteRecordsBefore(33, out var low));
        Assert.Equal((33, 33), (low, log.LogStartOffset));
        Assert.True(log.Segments[0].BaseOffset > 0);
        Assert.Equal(33, Batches.ReadAll(log)[0].Offset);

        using (var crashed = PartitionLog.Open(_temporary.CopyOf(log.LogDirectory), options, _clock))
        {
            Assert.Equal((33L, 50L), (crashed.LogStartOffset, crashed.LogEndOffset));
        }

        Assert.Equal(ErrorCode.None, log.DeleteRecordsBefore(10, out low));
        Assert.Equal(33, low);
        Assert.Equal(ErrorCode.None, log.DeleteRecordsBefore(-1, out low));
        Assert.Equal(50, low);
        Assert.Equal(50, log.Append(Batches.Of("next"), AppendOrigin.Client).BaseOffset);
        Assert.Equal("next", Assert.Single(Batches.ReadAll(log)).Value);
    }

    [Fact]
    public void Reader_in_the_middle_of_a_segment_that_is_dropped_finishes()
    {
        using var log = Open(new LogOptions { SegmentBytes = 1024, RetentionMs = -1 });
        Fill(log, 30);
        var segment = log.Segments[0];
        Assert.True(segment.TryAcquire());
        log.DeleteRecordsBefore(29, out _);
        Assert.False(File.Exists(segment.File.Path));
        Assert.Equal(61, segment.File.Read(new byte[61], 0));
        segment.Release();
        Assert.False(segment.TryAcquire());
    }

    private void Fill(PartitionLog log, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var value = "v" + log.LogEndOffset;
            Assert.True(log.Append(Batches.At(_clock.NowMs(), value), AppendOrigin.Client).IsSuccess);
        }
    }

    private PartitionLog Open(LogOptions options) => PartitionLog.Open(_temporary.Sub("log"), options, _clock);
}
