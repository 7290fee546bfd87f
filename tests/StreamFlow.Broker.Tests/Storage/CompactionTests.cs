using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class CompactionTests : IDisposable
{
    private static readonly LogOptions Options = new()
    {
        SegmentBytes = 2048, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0.01,
        DeleteRetentionMs = 60_000, IndexIntervalBytes = 100,
    };

    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Compaction_keeps_the_last_record_of_every_key_at_its_offset()
    {
        using var log = Open();
        var last = new Dictionary<string, (long Offset, string Key, string? Value)>();
        for (var i = 0; i < 300; i++)
        {
            var key = "k" + (i * 7 % 20);
            last[key] = (i, key, "v" + i);
            Append(log, (key, "v" + i));
        }

        var before = log.SizeInBytes;
        log.Maintain();
        Assert.True(log.SizeInBytes < before / 2);
        Assert.Equal(300, log.LogEndOffset);
        var kept = Batches.ReadAll(log);
        Assert.Equal(kept.Select(r => r.Offset).Order(), kept.Select(r => r.Offset));
        Assert.Superset(last.Values.ToHashSet(), kept.ToHashSet());
        Assert.True(kept.Count < 60, $"{kept.Count} records kept");
        for (var offset = 0L; offset < 300; offset++)
        {
            var expected = kept.First(r => r.Offset >= offset);
            Assert.Equal(expected, Batches.ReadAll(log, offset)[0]);
        }
    }

    [Fact]
    public void Tombstones_stay_until_their_horizon_and_go_after_it()
    {
        using var log = Open();
        Append(log, ("gone", "x"));
        Append(log, ("gone", null));
        Fill(log, 40);
        log.Maintain();
        Assert.Contains((1L, "gone", null), Batches.ReadAll(log));
        Assert.DoesNotContain(Batches.ReadAll(log), r => r.Value == "x");

        _clock.Advance(TimeSpan.FromSeconds(59));
        log.Maintain();
        Assert.Contains(Batches.ReadAll(log), r => r.Key == "gone");
        _clock.Advance(TimeSpan.FromSeconds(2));
        log.Maintain();
        Assert.DoesNotContain(Batches.ReadAll(log), r => r.Key == "gone");
    }

    [Fact]
    public void Horizon_leaves_the_timestamps_of_records_as_they_were()
    {
        using var log = Open();
        var when = _clock.NowMs() - 5000;
        Assert.True(log.Append(Batches.Keyed(when, ("a", "1"), ("b", null)), AppendOrigin.Client).IsSuccess);
        Fill(log, 40);
        log.Maintain();
        var buffer = new ArrayBufferWriter<byte>();
        log.Read(0, 100, true, false, buffer);
        Assert.True(BatchHeader.TryRead(buffer.WrittenSpan, out var header));
        Assert.True(header.HasDeleteHorizon);
        Assert.Equal(_clock.NowMs() + 60_000, header.BaseTimestamp);
        var reader = new RecordReader(buffer.WrittenSpan);
        while (reader.MoveNext())
        {
            Assert.Equal(when, reader.Timestamp);
        }
    }

    [Fact]
    public void Open_transactions_and_young_records_are_not_touched()
    {
        using var log = Open(Options with { MinCompactionLagMs = 10_000 });
        Fill(log, 60);
        log.Maintain();
        Assert.Equal(60, Batches.ReadAll(log).Count);
        _clock.Advance(TimeSpan.FromSeconds(11));
        log.RegisterTransaction(9, 0);
        log.Append(Batches.Produced(9, 0, 0, transactional: true), AppendOrigin.Client);
        log.Maintain();
        Assert.InRange(Batches.ReadAll(log).Count, 1, 59);
        var count = Batches.ReadAll(log).Count;
        Fill(log, 60);
        _clock.Advance(TimeSpan.FromSeconds(11));
        log.Maintain();
        Assert.Equal(count + 60, Batches.ReadAll(log).Count);
    }

    [Fact]
    public void Aborted_records_go_and_never_shadow_committed_ones()
    {
        using var log = Open();
        Append(log, ("k", "committed"));
        log.RegisterTransaction(5, 0);
        log.Append(Batches.Produced(5, 0, 0, transactional: true), AppendOrigin.Client);
        log.Append(Batches.Marker(5, 0, commit: false), AppendOrigin.Marker);
        Fill(log, 40, "other");
        log.Maintain();
        Assert.Contains((0L, "k", "committed"), Batches.ReadAll(log));
        Assert.DoesNotContain(Batches.ReadAll(log), r => r.Offset == 1);
        Assert.Single(log.Producers.Aborted.ToArray());

        // The producer's last batch stays emptied, and with it the marker: the sequence must survive a replay.
        using var replayed = OpenWithoutSnapshot(log);
        Assert.Equal(log.LastStableOffset, replayed.LastStableOffset);
        replayed.RegisterTransaction(5, 0);
        var repeated = replayed.Append(Batches.Produced(5, 0, 0, transactional: true), AppendOrigin.Client);
        Assert.Equal((true, 1L), (repeated.IsDuplicate, repeated.BaseOffset));
    }

    [Fact]
    public void Markers_go_with_their_aborted_entry_once_nothing_of_the_transaction_is_left()
    {
        using var log = Open();
        log.RegisterTransaction(5, 0);
        log.Append(Batches.Produced(5, 0, 0, transactional: true), AppendOrigin.Client);
        log.Append(Batches.Marker(5, 0, commit: false), AppendOrigin.Marker);
        log.RegisterTransaction(5, 0);
        log.Append(Batches.Produced(5, 0, 1, transactional: true, key: "stays"), AppendOrigin.Client);
        log.Append(Batches.Marker(5, 0, commit: true), AppendOrigin.Marker);
        Fill(log, 40, "other");
        log.Maintain();
        Assert.Equal([1L, 3L], MarkerOffsets(log));
        _clock.Advance(TimeSpan.FromMinutes(2));
        log.Maintain();
        Assert.Equal([3L], MarkerOffsets(log));
        Assert.Empty(log.Producers.Aborted.ToArray());
        using var crashed = PartitionLog.Open(_temporary.CopyOf(log.LogDirectory), Options, _clock);
        Assert.Empty(crashed.Producers.Aborted.ToArray());
        Assert.Equal(log.LastStableOffset, crashed.LastStableOffset);
    }

    [Fact]
    public void Producer_sequences_survive_compaction_of_all_their_records()
    {
        using var log = Open();
        for (var i = 0; i < 30; i++)
        {
            log.Append(Batches.Produced(7, 0, i, key: "same"), AppendOrigin.Client);
        }

        Append(log, ("same", "newest"));
        Fill(log, 40, "other");
        log.Maintain();
        using var replayed = OpenWithoutSnapshot(log);
        Assert.True(replayed.Append(Batches.Produced(7, 0, 29), AppendOrigin.Client).IsDuplicate);
        Assert.Equal(
            ErrorCode.OutOfOrderSequenceNumber, replayed.Append(Batches.Produced(7, 0, 31), AppendOrigin.Client).Error);
    }

    [Theory]
    [InlineData(nameof(CompressionCodec.Gzip))]
    [InlineData(nameof(CompressionCodec.Snappy))]
    [InlineData(nameof(CompressionCodec.Lz4))]
    [InlineData(nameof(CompressionCodec.Zstd))]
    public void Compressed_batches_lose_what_is_superseded_and_keep_their_codec(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        using var log = Open();
        Append(log, codec, ("a", "old"), ("b", "kept"));
        Append(log, codec, ("a", null));
        Append(log, codec, ("c", null));
        Fill(log, 40, "other");
        log.Maintain();
        Assert.Contains((2L, "a", null), Batches.ReadAll(log));
        _clock.Advance(TimeSpan.FromMinutes(2));
        log.Maintain();
        var buffer = new ArrayBufferWriter<byte>();
        log.Read(0, 10, true, false, buffer);
        Assert.True(BatchHeader.TryRead(buffer.WrittenSpan, out var header));
        Assert.Equal((codec, 1, 1), (header.Codec, header.RecordCount, header.LastOffsetDelta));
        var all = Batches.ReadAll(log);
        Assert.Equal((1L, "b", "kept"), all[0]);
        Assert.DoesNotContain(all, static r => r.Value is null);
    }

    [Fact]
    public void Batches_that_cannot_be_opened_stay_whole_with_the_tombstones_behind_them_and_a_warning()
    {
        var warnings = new LogLines();
        using var log = PartitionLog.Open(
            _temporary.Sub("log"), Options with { CleanupPolicy = CleanupPolicy.None },
            new LogEnvironment { Time = _clock, Log = warnings });
        var plain = Batches.Keyed(_clock.NowMs(), ("a", "old"), ("b", "kept"));
        var closed = Batches.WithSection(plain, CompressionCodec.Zstd, "no zstd at all"u8);
        Assert.True(log.Append(closed, AppendOrigin.Client).IsSuccess);
        log.UpdateOptions(Options);
        Append(log, ("a", null));
        Fill(log, 40, "other");
        log.Maintain();
        _clock.Advance(TimeSpan.FromMinutes(2));
        log.Maintain();
        var buffer = new ArrayBufferWriter<byte>();
        log.Read(0, 10, true, false, buffer);
        Assert.Equal(closed, buffer.WrittenSpan.ToArray());

        // It may be all that hides the records of the batch nobody can look into.
        Assert.Contains(Batches.ReadAll(log, 2), static r => r is { Key: "a", Value: null });
        Assert.Contains(warnings, static x => x.Contains("the first at offset 0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(CompressionCodec.Lz4))]
    [InlineData(nameof(CompressionCodec.Zstd))]
    public void Megabytes_of_updates_shrink_to_their_latest_whatever_their_codec(string name)
    {
        var codec = Enum.Parse<CompressionCodec>(name);
        using var log = Open(Options with { SegmentBytes = 1 << 20 });
        var random = new Random(31);
        var value = new byte[2000];
        for (var i = 0; i < 120; i++)
        {
            var builder = new RecordBatchBuilder();
            for (var k = 0; k < 32; k++)
            {
                random.NextBytes(value);
                builder.Add(_clock.NowMs(), [(byte)k], value);
            }

            Assert.True(log.Append(Batches.Compressed(codec, builder.Build()), AppendOrigin.Client).IsSuccess);
        }

        Assert.True(log.SizeInBytes > 7_500_000, $"{log.SizeInBytes} bytes");
        log.Maintain();
        Assert.True(log.SizeInBytes < 1_500_000, $"{log.SizeInBytes} bytes of {codec} are left");
        Assert.Equal(120 * 32, log.LogEndOffset);
    }

    [Theory]
    [InlineData("rename", ".cleaned")]
    [InlineData("delete", ".idx")]
    [InlineData("delete", ".log")]
    [InlineData("rename", ".swap")]
    public void Crash_at_each_step_of_the_swap_leaves_a_log_with_the_same_content(string step, string suffix)
    {
        var files = new FaultyFileSystem();
        using var log = PartitionLog.Open(
            _temporary.Sub("log"), Options, new LogEnvironment { Time = _clock, Files = files });
        for (var i = 0; i < 200; i++)
        {
            Append(log, ("k" + (i % 10), "v" + i));
        }

        // The second round merges what the first one shrank, so that one file replaces several.
        log.Maintain();
        for (var i = 200; i < 400; i++)
        {
            Append(log, ("k" + (i % 10), "v" + i));
        }

        var copies = new List<string>();
        void Crash(string happening, string path)
        {
            if (happening == step && path.EndsWith(suffix, StringComparison.Ordinal))
            {
                copies.Add(_temporary.CopyOf(log.LogDirectory));
            }
        }

        files.BeforeRename = (from, _) => Crash("rename", from);
        files.BeforeDelete = path => Crash("delete", path);
        log.Maintain();
        Assert.NotEmpty(copies);
        foreach (var copy in copies)
        {
            using var crashed = PartitionLog.Open(copy, Options, _clock);
            Assert.Equal((LogState.Online, 400L, 1), (crashed.State, crashed.LogEndOffset, crashed.LeaderEpoch));
            Assert.Equal(Latest(log), Latest(crashed));
            Assert.DoesNotContain(
                Directory.GetFiles(copy), path => path.EndsWith(".cleaned", StringComparison.Ordinal)
                    || path.EndsWith(".swap", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Full_disk_during_compaction_leaves_the_log_online_and_whole()
    {
        var files = new FaultyFileSystem();
        using var log = PartitionLog.Open(
            _temporary.Sub("log"), Options, new LogEnvironment { Time = _clock, Files = files });
        Fill(log, 60);
        files.Target = ".cleaned";
        files.FillUpAfter(10);
        log.Maintain();
        Assert.Equal((LogState.Online, 60), (log.State, Batches.ReadAll(log).Count));
        files.FillUpAfter(long.MaxValue);
        log.Maintain();
        Assert.InRange(Batches.ReadAll(log).Count, 1, 59);
    }

    [Fact]
    public void Random_updates_with_maintenance_and_restarts_always_read_as_the_latest_values()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        var model = new Dictionary<string, string?>();
        var directory = _temporary.Sub("log");
        var log = PartitionLog.Open(directory, Options, _clock);
        for (var i = 0; i < 3000; i++)
        {
            var key = "k" + random.Next(50);
            var value = random.Next(5) == 0 ? null : "v" + i;
            Append(log, (key, value), ("k" + random.Next(50, 60), "w" + i));
            model[key] = value;
            if (random.Next(100) == 0)
            {
                _clock.Advance(TimeSpan.FromSeconds(random.Next(40)));
                log.Maintain();
            }

            if (random.Next(400) == 0)
            {
                var copy = _temporary.CopyOf(log.LogDirectory);
                log.Dispose();
                log = PartitionLog.Open(random.Next(2) == 0 ? copy : log.LogDirectory, Options, _clock);
                Assert.Equal(2 * (i + 1), log.LogEndOffset);
            }
        }

        var latest = Latest(log);
        Assert.All(
            model, pair => Assert.True(latest.GetValueOrDefault(pair.Key) == pair.Value, $"seed {Seed}, {pair.Key}"));
        Assert.True(log.Segments.Length < 12, $"{log.Segments.Length} segments");
        log.Dispose();
    }

    private static Dictionary<string, string?> Latest(PartitionLog log)
    {
        var latest = new Dictionary<string, string?>();
        foreach (var (_, key, value) in Batches.ReadAll(log))
        {
            latest[key] = value;
        }

        return latest;
    }

    private static List<long> MarkerOffsets(PartitionLog log)
    {
        var buffer = new ArrayBufferWriter<byte>();
        for (var offset = 0L; offset < log.HighWatermark;)
        {
            offset = log.Read(offset, 100_000, true, false, buffer).NextOffset;
        }

        var found = new List<long>();
        var bytes = buffer.WrittenSpan;
        while (BatchHeader.TryRead(bytes, out var header))
        {
            if (header.IsControl)
            {
                Assert.True(ControlRecord.TryRead(bytes[..header.TotalSize], out _, out _));
                found.Add(header.BaseOffset);
            }

            bytes = bytes[header.TotalSize..];
        }

        return found;
    }

    private void Append(PartitionLog log, CompressionCodec codec, params (string Key, string? Value)[] records)
    {
        var batch = Batches.Compressed(codec, Batches.Keyed(_clock.NowMs(), records));
        Assert.Equal(ErrorCode.None, log.Append(batch, AppendOrigin.Client).Error);
    }

    private void Append(PartitionLog log, params (string Key, string? Value)[] records) => Assert.Equal(
        ErrorCode.None, log.Append(Batches.Keyed(_clock.NowMs(), records), AppendOrigin.Client).Error);

    private void Fill(PartitionLog log, int count, string key = "filler")
    {
        for (var i = 0; i < count; i++)
        {
            Append(log, (key, "f" + i));
        }
    }

    private PartitionLog OpenWithoutSnapshot(PartitionLog log)
    {
        var copy = _temporary.CopyOf(log.LogDirectory);
        Array.ForEach(Directory.GetFiles(copy, "*.snapshot"), File.Delete);
        return PartitionLog.Open(copy, Options, _clock);
    }

    private PartitionLog Open(LogOptions? options = null) =>
        PartitionLog.Open(_temporary.Sub("log"), options ?? Options, _clock);
}
