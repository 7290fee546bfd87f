using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class LogLookupTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(nameof(CompressionCodec.None))]
    [InlineData(nameof(CompressionCodec.Gzip))]
    [InlineData(nameof(CompressionCodec.Snappy))]
    [InlineData(nameof(CompressionCodec.Lz4))]
    [InlineData(nameof(CompressionCodec.Zstd))]
    public void Offset_for_timestamp_finds_the_first_record_at_or_after_it(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        const int Seed = 5;
        var random = new Random(Seed);
        var options = new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 150, RetentionMs = -1 };
        using var log = Open(options);
        var timestamps = new List<long>();
        for (var i = 0; i < 150; i++)
        {
            var builder = new RecordBatchBuilder();
            for (var r = random.Next(1, 4); r > 0; r--)
            {
                timestamps.Add(random.Next(0, 1000));
                builder.Add(timestamps[^1], [1], [2]);
            }

            Assert.True(log.Append(Batches.Compressed(codec, builder.Build()), AppendOrigin.Client).IsSuccess);
        }

        log.DeleteRecordsBefore(20, out _);
        for (var t = 0; t <= 1001; t++)
        {
            var expected = timestamps.FindIndex(20, value => value >= t);
            var found = log.OffsetForTimestamp(t, readCommitted: false);
            Assert.True(expected == found.Offset, $"seed {Seed}, timestamp {t}: {expected} and {found.Offset}");
            Assert.Equal(expected < 0 ? -1 : timestamps[expected], found.Timestamp);
        }

        var max = timestamps.Skip(20).Max();
        Assert.Equal(new TimestampOffset(timestamps.IndexOf(max, 20), max, 0), log.OffsetOfMaxTimestamp());
    }

    [Fact]
    public void Log_append_time_replaces_timestamps_and_keeps_the_checksum_right()
    {
        using var log = Open(new LogOptions { MessageTimestampType = TimestampType.LogAppendTime });
        var result = log.Append(Batches.At(5, "a", "b"), AppendOrigin.Client);
        Assert.Equal(_clock.NowMs(), result.LogAppendTimeMs);
        Assert.Equal(2, Batches.ReadAll(log).Count);
        Assert.Equal(new TimestampOffset(0, _clock.NowMs(), 0), log.OffsetForTimestamp(_clock.NowMs(), false));
        Assert.Equal(TimestampOffset.None, log.OffsetForTimestamp(_clock.NowMs() + 1, false));
    }

    [Fact]
    public void Available_bytes_equals_what_a_read_returns()
    {
        using var log = Open(new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 150 });
        for (var i = 0; i < 50; i++)
        {
            log.Append(Batches.Of("v" + i), AppendOrigin.Client);
        }

        for (var offset = 0L; offset <= 50; offset++)
        {
            var buffer = new ArrayBufferWriter<byte>();
            for (var next = offset; next < 50;)
            {
                next = log.Read(next, 1_000_000, true, false, buffer).NextOffset;
            }

            Assert.Equal(buffer.WrittenCount, log.AvailableBytes(offset, readCommitted: false));
        }
    }

    [Fact]
    public void Position_that_was_looked_for_to_count_what_there_is_is_not_looked_for_again_to_read_it()
    {
        const long Offset = 111;
        long read = BytesRead(static log => log.Read(Offset, 1_000_000, true, false, new ArrayBufferWriter<byte>()));
        long counted = BytesRead(static log => log.AvailableBytes(Offset, readCommitted: false));
        long both = BytesRead(static log =>
        {
            // As a fetch that waits for many bytes: it counts at each append, and reads in the end.
            for (var i = 0; i < 5; i++)
            {
                log.AvailableBytes(Offset, readCommitted: false);
                log.Append(Batches.Of("w" + i), AppendOrigin.Client);
            }

            var buffer = new ArrayBufferWriter<byte>();
            log.Read(Offset, 1_000_000, true, false, buffer);
            Assert.Equal(buffer.WrittenCount, log.AvailableBytes(Offset, readCommitted: false));
        });

        Assert.InRange(counted, 1, read - 1);
        Assert.Equal(read + (5 * Batches.Of("w0").Length), both);

        long BytesRead(Action<PartitionLog> action)
        {
            var files = new FaultyFileSystem();
            using var log = PartitionLog.Open(
                _temporary.Sub(Guid.NewGuid().ToString("N")), new LogOptions { IndexIntervalBytes = 1 << 20 },
                new LogEnvironment { Time = _clock, Files = files });
            for (var i = 0; i < 200; i++)
            {
                log.Append(Batches.Of("v" + i), AppendOrigin.Client);
            }

            var before = files.BytesRead;
            action(log);
            return files.BytesRead - before;
        }
    }

    [Fact]
    public async Task Reads_beside_appends_rolls_retention_and_compaction_always_see_whole_ordered_batches()
    {
        var options = new LogOptions
        {
            SegmentBytes = 4096, IndexIntervalBytes = 200, RetentionBytes = 20_000, RetentionMs = -1,
            CleanupPolicy = CleanupPolicy.Compact | CleanupPolicy.Delete, MinCleanableDirtyRatio = 0.1,
        };
        using var flusher = new LogFlusher(1);
        using var log = PartitionLog.Open(
            _temporary.Sub("log"), options, new LogEnvironment { Time = _clock, Flusher = flusher });
        const int Records = 20_000;
        var writer = Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Records; i++)
                {
                    var batch = Batches.Keyed(_clock.NowMs(), ("k" + (i % 500), "v" + i));
                    Assert.Equal(i, log.Append(batch, AppendOrigin.Client).BaseOffset);
                }
            },
            TaskCreationOptions.LongRunning);
        var cleaner = Task.Factory.StartNew(
            () =>
            {
                while (!writer.IsCompleted)
                {
                    log.Maintain();
                }
            },
            TaskCreationOptions.LongRunning);
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () => Follow(log, Records), TaskCreationOptions.LongRunning)).ToArray();
        await Task.WhenAll([writer, cleaner, .. readers]).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(LogState.Online, log.State);
        Assert.Equal("v" + (Records - 1), Batches.ReadAll(log)[^1].Value);
    }

    private static void Follow(PartitionLog log, int end)
    {
        var position = 0L;
        var last = -1L;
        while (position < end)
        {
            var buffer = new ArrayBufferWriter<byte>();
            var read = log.Read(position, 2000, true, false, buffer);
            if (read.Error == ErrorCode.OffsetOutOfRange)
            {
                position = log.LogStartOffset;
                continue;
            }

            Assert.Equal(ErrorCode.None, read.Error);
            foreach (var (offset, key, value) in Batches.Decode(buffer.WrittenSpan))
            {
                if (offset >= position)
                {
                    Assert.True(offset > last);
                    Assert.Equal(("k" + (offset % 500), "v" + offset), (key, value));
                    last = offset;
                }
            }

            position = read.NextOffset;
        }
    }

    private PartitionLog Open(LogOptions options) => PartitionLog.Open(_temporary.Sub("log"), options, _clock);
}
