using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>How a log comes back by itself, and what it never does on the way.</summary>
public sealed class LogRepairTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new();
    private readonly LogLines _warnings = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData((int)FlushPolicy.EveryAppend)]
    [InlineData((int)FlushPolicy.OperatingSystem)]
    public async Task What_a_failed_fsync_left_in_doubt_is_written_into_another_file_and_no_record_is_lost(int policy)
    {
        var options = new LogOptions { FlushPolicy = (FlushPolicy)policy, SegmentBytes = 1024 };
        using (var log = Open(options))
        {
            await FillAsync(log, 20);
            _files.FailFlush = true;
            log.Append(Batches.Of("doubtful"), AppendOrigin.Client);
            Assert.Equal(ErrorCode.KafkaStorageError, await log.FlushAsync());
            Assert.Equal(TroubleKind.Flush, log.Trouble!.Kind);
            Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Batches.Of("refused"), AppendOrigin.Client).Error);
            Assert.Equal(20, Batches.ReadAll(log).Count(record => record.Value!.StartsWith('v')));
            Assert.False(log.TryRepair());

            _files.FailFlush = false;
            Assert.True(log.TryRepair());
            Assert.False(_files.FlushedAgain, "an fsync that failed was asked for again");
            Assert.Equal((LogState.Online, 21L, 21L), (log.State, log.HighWatermark, log.FlushedEndOffset));
            Assert.Equal((1, 21L), (log.LeaderEpoch, log.Epochs[^1].StartOffset));
            Assert.False(log.HasLost);
            Assert.Equal("doubtful", Batches.ReadAll(log)[^1].Value);
            Assert.Equal(21, log.Append(Batches.Of("next"), AppendOrigin.Client).BaseOffset);
            Assert.Equal(ErrorCode.None, await log.FlushAsync());
        }

        using var again = Open(options);
        Assert.Equal((22L, 0L), (again.LogEndOffset, again.Recovery.TruncatedBytes));
        Assert.True(again.LeaderEpoch >= 1);
        Assert.Equal(22, Batches.ReadAll(again).Count);
    }

    [Fact]
    public async Task What_the_kernel_dropped_with_a_failed_fsync_is_cut_and_the_epoch_says_so()
    {
        using var log = Open(new LogOptions());
        await FillAsync(log, 3);
        Assert.Equal(ErrorCode.None, await log.FlushAsync());
        log.Append(Batches.Produced(7, 0, 0), AppendOrigin.Client);
        var lostFrom = log.Segments[^1].Size;
        log.Append(Batches.Produced(7, 0, 1), AppendOrigin.Client);
        log.Append(Batches.Of("behind"), AppendOrigin.Client);
        _files.FailFlush = true;
        _files.OnFailedFlush = file =>
        {
            if (file.Path.EndsWith(".log", StringComparison.Ordinal))
            {
                file.Write(new byte[80], lostFrom);
            }
        };
        Assert.Equal(ErrorCode.KafkaStorageError, await log.FlushAsync());
        Assert.Equal(6, log.HighWatermark);
        _files.FailFlush = false;

        Assert.True(log.TryRepair());

        Assert.Equal((4L, 4L, 4L), (log.LogEndOffset, log.HighWatermark, log.LastStableOffset));
        Assert.Equal((1, 4L), (log.LeaderEpoch, log.Epochs[^1].StartOffset));
        Assert.Equal((0, 4L), log.EndOffsetForEpoch(0));
        Assert.True(log.HasLost);
        Assert.Equal(4, Batches.ReadAll(log).Count);
        Assert.Contains(_warnings, line => line.Contains("was cut at offset 4", StringComparison.Ordinal));

        // What is left of the producer is what is left of its records: it may send the lost one again, once.
        Assert.Equal(4, log.Append(Batches.Produced(7, 0, 1), AppendOrigin.Client).BaseOffset);
        Assert.True(log.Append(Batches.Produced(7, 0, 1), AppendOrigin.Client).IsDuplicate);
        Assert.False(_files.FlushedAgain);
    }

    [Fact]
    public void Without_file_handles_nothing_is_lost_and_writes_go_on_when_there_are_some()
    {
        using var log = Open(new LogOptions { SegmentBytes = 1024 });
        _files.FailOpen = true;
        var accepted = 0;
        while (log.Append(Batches.Of("v" + accepted), AppendOrigin.Client).IsSuccess)
        {
            accepted++;
        }

        Assert.InRange(accepted, 5, 20);
        Assert.Equal(accepted, Batches.ReadAll(log).Count);
        Assert.False(log.TryRepair());
        _files.FailOpen = false;
        Assert.True(log.TryRepair());
        Assert.Equal(accepted, log.Append(Batches.Of("next"), AppendOrigin.Client).BaseOffset);
        Assert.Equal(2, log.Segments.Length);
    }

    [Fact]
    public void Retention_makes_room_on_a_disk_that_is_full_to_the_last_byte()
    {
        var options = new LogOptions { SegmentBytes = 1024, RetentionMs = 60_000 };
        using (var log = Open(options))
        {
            for (var i = 0; i < 50; i++)
            {
                log.Append(Batches.At(_clock.NowMs(), "v"), AppendOrigin.Client);
            }

            _files.FillUpAfter(0);
            Assert.False(log.Append(Batches.Of("refused"), AppendOrigin.Client).IsSuccess);
            _files.BeforeDelete = path =>
            {
                if (path.EndsWith(".log", StringComparison.Ordinal))
                {
                    _files.FillUpAfter(long.MaxValue);
                }
            };
            _clock.Advance(TimeSpan.FromMinutes(2));
            log.Maintain(retains: false);
            Assert.InRange(log.LogStartOffset, 1, 50);
            Assert.Single(Directory.GetFiles(log.LogDirectory, "*.log"));
            Assert.True(log.TryRepair());
            Assert.Equal(50, log.Append(Batches.At(_clock.NowMs(), "next"), AppendOrigin.Client).BaseOffset);
        }

        using var again = Open(options);
        Assert.Equal(51, again.LogEndOffset);
    }

    [Fact]
    public void Housekeeping_that_fails_takes_nothing_offline_and_is_made_up_for()
    {
        var options = new LogOptions { SegmentBytes = 1024, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0 };
        using (var log = Open(options))
        {
            _files.BeforeRename = (_, to) => throw new IOException($"no rename to {Path.GetFileName(to)} (injected)");
            for (var i = 0; i < 60; i++)
            {
                Assert.True(log.Append(Batches.Keyed(_clock.NowMs(), ("k" + (i % 3), "v" + i)), AppendOrigin.Client).IsSuccess);
            }

            log.Maintain();
            Assert.Equal((LogState.Online, 60), (log.State, Batches.ReadAll(log).Count));
            Assert.Equal(ErrorCode.KafkaStorageError, log.DeleteRecordsBefore(10, out _));
            Assert.Equal(LogState.Online, log.State);
            Assert.Contains(_warnings, line => line.Contains("is written later", StringComparison.Ordinal));
            Assert.DoesNotContain(_warnings, line => line.Contains("refuses writes", StringComparison.Ordinal));
            _files.BeforeRename = null;
            log.Maintain();
            Assert.InRange(Batches.ReadAll(log).Count, 3, 30);
        }

        using var again = Open(options);
        Assert.Equal((60L, "v59"), (again.LogEndOffset, Batches.ReadAll(again)[^1].Value));
    }

    /// <summary>A swap of compaction that stops between any two of its steps goes on where it stopped, and the log with it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_swap_that_fails_at_a_step_is_finished_by_the_next_round(int steps)
    {
        var options = new LogOptions { SegmentBytes = 1024, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0 };
        using (var log = Open(options))
        {
            for (var i = 0; i < 60; i++)
            {
                log.Append(Batches.Keyed(_clock.NowMs(), ("k" + (i % 3), "v" + i)), AppendOrigin.Client);
            }

            var left = steps;
            void Step(string path)
            {
                if ((path.EndsWith(".swap", StringComparison.Ordinal) || path.EndsWith(".log", StringComparison.Ordinal)) && left-- == 0)
                {
                    throw new IOException("stopped (injected)");
                }
            }

            _files.BeforeRename = (from, _) => Step(from.EndsWith(".cleaned", StringComparison.Ordinal) ? ".swap" : from);
            _files.BeforeDelete = Step;
            log.Maintain();
            Assert.Equal(LogState.Online, log.State);
            Assert.Equal("v59", Batches.ReadAll(log)[^1].Value);
            log.Append(Batches.Keyed(_clock.NowMs(), ("k0", "last")), AppendOrigin.Client);
            _files.BeforeRename = null;
            _files.BeforeDelete = null;
            log.Maintain();
            Assert.InRange(Batches.ReadAll(log).Count, 4, 30);
            Assert.Empty(Directory.GetFiles(log.LogDirectory, "*.swap"));
            Assert.Equal(log.Segments.Select(segment => segment.File.Path), Directory.GetFiles(log.LogDirectory, "*.log").Order());
        }

        using var again = Open(options);
        Assert.Equal((61L, "last"), (again.LogEndOffset, Batches.ReadAll(again)[^1].Value));
        Assert.Equal(
            ["v58", "v59", "last"], Batches.ReadAll(again).GroupBy(record => record.Key).Select(key => key.Last().Value)
                .OrderBy(value => value == "last" ? "w" : value, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_store_brings_its_logs_back_by_itself_and_says_which()
    {
        var options = new StoreOptions
        {
            DataDirectory = _temporary.Sub("data"), Files = _files, MaintenanceInterval = TimeSpan.Zero, Time = _clock, Log = _warnings,
        };
        using var store = TopicStore.Open(options);
        store.CreateTopic("t", 2);
        var repaired = new System.Collections.Concurrent.ConcurrentQueue<PartitionLog>();
        store.PartitionRepaired += repaired.Enqueue;
        var log = store.GetPartition("t", 1)!;
        _files.FillUpAfter(10);
        Assert.False(log.Append(Batches.Of("refused"), AppendOrigin.Client).IsSuccess);
        _clock.Advance(options.RepairInterval);
        await Task.Delay(50);
        Assert.Equal(LogState.ReadOnly, log.State);
        _files.FillUpAfter(long.MaxValue);
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(options.RepairInterval);
                return !repaired.IsEmpty;
            },
            "the log takes writes again");
        Assert.Same(log, Assert.Single(repaired));
        Assert.Equal(0, log.Append(Batches.Of("taken"), AppendOrigin.Client).BaseOffset);
        Assert.Null(log.Trouble);
    }

    private async Task FillAsync(PartitionLog log, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(ErrorCode.None, (await log.AppendDurableAsync(Batches.At(_clock.NowMs(), "v" + i), AppendOrigin.Client)).Error);
        }
    }

    private PartitionLog Open(LogOptions options) => PartitionLog.Open(
        _temporary.Sub("log"), options, new LogEnvironment { Time = _clock, Files = _files, Log = _warnings });
}
