using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class StorageFailureTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new();
    private readonly LogLines _warnings = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Append_on_a_full_disk_is_refused_at_every_byte_while_reads_go_on_and_goes_on_when_there_is_room()
    {
        var size = Batches.Of("value").Length;
        for (var room = 0; room < size; room++)
        {
            var directory = _temporary.Sub("full" + room);
            using (var log = Open(directory))
            {
                Assert.Equal(ErrorCode.None, log.Append(Batches.Of("value"), AppendOrigin.Client).Error);
                _files.FillUpAfter(room);
                Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("value"), AppendOrigin.Client).Error);
                Assert.Equal(LogState.ReadOnly, log.State);
                Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("value"), AppendOrigin.Client).Error);
                Assert.Equal("value", Assert.Single(Batches.ReadAll(log)).Value);
                Assert.False(log.TryRepair());
                Assert.Contains("No space left", log.Trouble!.Reason, StringComparison.Ordinal);

                // Killed now, the next start cuts what the refused write left; or the log goes on by itself.
                _files.FillUpAfter(long.MaxValue);
                using (var killed = Open(_temporary.CopyOf(directory)))
                {
                    Assert.Equal((1, room), (killed.LogEndOffset, killed.Recovery.TruncatedBytes));
                }

                Assert.True(log.TryRepair());
                Assert.Equal((LogState.Online, null), (log.State, log.Trouble));
                Assert.Equal(1, log.Append(Batches.Of("next"), AppendOrigin.Client).BaseOffset);
            }

            using var reopened = Open(directory);
            Assert.Equal((2, 0L), (reopened.LogEndOffset, reopened.Recovery.TruncatedBytes));
            Assert.Equal(["value", "next"], Batches.ReadAll(reopened).Select(record => record.Value));
        }

        Assert.Contains(_warnings, warning => warning.Contains("refuses writes", StringComparison.Ordinal));
    }

    [Fact]
    public void Append_whose_fsync_fails_is_not_acknowledged_and_takes_only_its_partition_offline()
    {
        var options = new LogOptions { FlushPolicy = FlushPolicy.EveryAppend };
        using var bad = Open(_temporary.Sub("bad"), options);
        using var good = Open(_temporary.Sub("good"), options);
        Assert.Equal(ErrorCode.None, bad.Append(Batches.Of("a"), AppendOrigin.Client).Error);
        _files.Target = Path.DirectorySeparatorChar + "bad";
        _files.FailFlush = true;

        Assert.Equal(ErrorCode.KafkaStorageError, bad.Append(Batches.Of("b"), AppendOrigin.Client).Error);
        Assert.Equal(LogState.ReadOnly, bad.State);
        Assert.Equal(1, bad.HighWatermark);
        Assert.Equal(ErrorCode.None, good.Append(Batches.Of("c"), AppendOrigin.Client).Error);

        // The disk works again, but what the failed fsync left behind is unknown: only opening again may tell.
        _files.FailFlush = false;
        Assert.Equal(ErrorCode.KafkaStorageError, bad.Append(Batches.Of("d"), AppendOrigin.Client).Error);
        bad.Dispose();
        using var again = Open(_temporary.Sub("bad"), options);
        Assert.Equal("a", Batches.ReadAll(again)[0].Value);
        Assert.Equal(ErrorCode.None, again.Append(Batches.Of("e"), AppendOrigin.Client).Error);
    }

    [Fact]
    public async Task Wait_for_durability_fails_when_the_background_fsync_fails()
    {
        using var flusher = new LogFlusher(1);
        using var log = Open(
            _temporary.Sub("log"), new LogOptions { FlushPolicy = FlushPolicy.EveryAppend }, flusher);
        _files.FailFlush = true;
        var result = await log.AppendDurableAsync(Batches.Of("a"), AppendOrigin.Client)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.Equal(0, log.HighWatermark);
        Assert.Equal(ErrorCode.KafkaStorageError, await log.WaitDurableAsync(1));
    }

    [Fact]
    public void Records_become_visible_only_after_the_fsync_that_covers_them()
    {
        using var log = Open(_temporary.Sub("log"), new LogOptions { FlushPolicy = FlushPolicy.EveryAppend });
        var seen = new List<long>();
        var advanced = new List<long>();
        log.Advanced += changed => advanced.Add(changed.HighWatermark);
        _files.BeforeFlush = path =>
        {
            if (path.EndsWith(".log", StringComparison.Ordinal))
            {
                seen.Add(log.HighWatermark);
            }
        };
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        log.Append(Batches.Of("b", "c"), AppendOrigin.Client);
        Assert.Equal([0, 1], seen);
        Assert.Equal(3, log.HighWatermark);
        Assert.Contains(1, advanced);
        Assert.Contains(3, advanced);
    }

    [Fact]
    public async Task Appends_that_arrive_during_an_fsync_share_the_next_one()
    {
        using var flusher = new LogFlusher(1);
        using var inFlush = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        var first = true;
        _files.BeforeFlush = path =>
        {
            if (path.EndsWith(".log", StringComparison.Ordinal) && first)
            {
                first = false;
                inFlush.Release();
                Assert.True(release.Wait(TimeSpan.FromSeconds(30)));
            }
        };
        using var log = Open(
            _temporary.Sub("log"), new LogOptions { FlushPolicy = FlushPolicy.EveryAppend }, flusher);
        var waits = new List<Task<ErrorCode>> { Append(log) };
        Assert.True(await inFlush.WaitAsync(TimeSpan.FromSeconds(30)));
        var before = _files.Flushes;
        for (var i = 0; i < 20; i++)
        {
            waits.Add(Append(log));
        }

        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        release.Release();
        Assert.All(await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(30)), e => Assert.Equal(ErrorCode.None, e));
        Assert.Equal(21, log.HighWatermark);
        Assert.InRange(_files.Flushes - before, 1, 3);
    }

    [Fact]
    public async Task Operating_system_policy_never_fsyncs_on_append()
    {
        using var log = Open(_temporary.Sub("log"));
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        log.Maintain();
        var before = _files.Flushes;
        log.Append(Batches.Of("b"), AppendOrigin.Client);
        log.Maintain();
        Assert.Equal(before, _files.Flushes);
        Assert.Equal(ErrorCode.None, await log.FlushAsync());
        Assert.Equal(before + 1, _files.Flushes);
    }

    [Fact]
    public async Task Interval_policy_fsyncs_when_the_interval_is_over_or_enough_records_came()
    {
        var time = TimeProvider.System;
        var byTime = new LogOptions { FlushPolicy = FlushPolicy.Interval, FlushIntervalMs = 20 };
        using var timed = PartitionLog.Open(
            _temporary.Sub("timed"), byTime, new LogEnvironment { Time = time, Files = _files });
        timed.Append(Batches.Of("a"), AppendOrigin.Client);
        for (var i = 0; i < 1000 && timed.FlushedEndOffset < 1; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(1, timed.FlushedEndOffset);
        var byCount = byTime with { FlushIntervalMs = long.MaxValue, FlushMessages = 3 };
        using var counted = PartitionLog.Open(
            _temporary.Sub("counted"), byCount, new LogEnvironment { Time = time, Files = _files });
        counted.Append(Batches.Of("a", "b"), AppendOrigin.Client);
        Assert.Equal(0, counted.FlushedEndOffset);
        counted.Append(Batches.Of("c"), AppendOrigin.Client);
        Assert.Equal(3, counted.FlushedEndOffset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(300)]
    public void Read_of_a_file_that_shrank_under_the_log_fails_instead_of_skipping_records_and_nothing_is_written_behind(int size)
    {
        using var log = Open(_temporary.Sub("log"), new LogOptions { SegmentBytes = 1024 });
        for (var i = 0; i < 40; i++)
        {
            log.Append(Batches.Of("value"), AppendOrigin.Client);
        }

        log.Segments[1].File.SetLength(size);
        var buffer = new ArrayBufferWriter<byte>();
        var read = log.Read(log.Segments[1].NextOffset - 1, 10_000, true, false, buffer);
        Assert.Equal((ErrorCode.KafkaStorageError, 0), (read.Error, read.Bytes));
        Assert.Equal(LogState.ReadOnly, log.State);
        Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("x"), AppendOrigin.Client).Error);
        Assert.False(log.TryRepair());
        Assert.Equal(0, log.Read(0, 100, true, false, new ArrayBufferWriter<byte>()).HighWatermark - 40);
    }

    [Fact]
    public void Delete_records_whose_checkpoint_fails_moves_nothing()
    {
        using var log = Open(_temporary.Sub("log"));
        log.Append(Batches.Of("a", "b"), AppendOrigin.Client);
        _files.FillUpAfter(3);
        Assert.Equal(ErrorCode.KafkaStorageError, log.DeleteRecordsBefore(1, out _));
        Assert.Equal(0, log.LogStartOffset);
        _files.FillUpAfter(long.MaxValue);
    }

    [Fact]
    public void Create_topic_on_a_full_disk_answers_an_error_and_leaves_nothing()
    {
        var options = new StoreOptions
        {
            DataDirectory = _temporary.Sub("data"), Files = _files, MaintenanceInterval = TimeSpan.Zero,
        };
        using (var store = TopicStore.Open(options))
        {
            Assert.True(store.CreateTopic("before", 1).IsSuccess);
            _files.FillUpAfter(10);
            Assert.Equal(ErrorCode.KafkaStorageError, store.CreateTopic("t", 2).Error);
            Assert.Null(store.GetTopic("t"));
            _files.FillUpAfter(long.MaxValue);
            Assert.True(store.CreateTopic("t", 2).IsSuccess);
        }

        using var again = TopicStore.Open(options);
        Assert.Equal(["before", "t"], again.Topics.Select(topic => topic.Name).Order());
        Assert.Equal(3, Directory.GetDirectories(Path.Combine(options.DataDirectory, "topics")).Length);
    }

    private static Task<ErrorCode> Append(PartitionLog log)
    {
        var result = log.Append(Batches.Of("x"), AppendOrigin.Client);
        Assert.Equal(ErrorCode.None, result.Error);
        return log.WaitDurableAsync(result.EndOffset).AsTask();
    }

    private PartitionLog Open(string directory, LogOptions? options = null, LogFlusher? flusher = null) =>
        PartitionLog.Open(directory, options ?? LogOptions.Default, new LogEnvironment
        {
            Time = _clock, Files = _files, Flusher = flusher, Log = _warnings,
        });
}
