using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class LogRecoveryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_after_a_cut_at_every_byte_of_the_last_batch_keeps_all_whole_batches()
    {
        using var log = Open("log");
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        log.Append(Batches.Of("b", "c"), AppendOrigin.Client);
        var whole = log.SizeInBytes;
        log.Append(Batches.Of("the last"), AppendOrigin.Client);
        var full = log.SizeInBytes;
        for (var size = whole; size <= full; size++)
        {
            var copy = _temporary.CopyOf(log.LogDirectory);
            SetLength(copy, size);
            using (var recovered = Open(copy))
            {
                Assert.Equal(size == full ? 4 : 3, recovered.LogEndOffset);
                Assert.Equal(size == full ? 0 : size - whole, recovered.Recovery.TruncatedBytes);

                // Also where whole batches are lost, or nothing is: neither leaves a trace.
                Assert.Equal(1, recovered.LeaderEpoch);
                Assert.Equal(["a", "b", "c"], Batches.ReadAll(recovered).Take(3).Select(r => r.Value));
                Assert.Equal(recovered.LogEndOffset, Append(recovered, "next"));
            }

            using var again = Open(copy);
            Assert.Equal("next", Batches.ReadAll(again)[^1].Value);
        }
    }

    [Fact]
    public void Open_after_a_flipped_bit_anywhere_in_the_last_batch_never_serves_it()
    {
        using var log = Open("log");
        log.Append(Batches.Of("a"), AppendOrigin.Client);
        var whole = log.SizeInBytes;
        log.Append(Batches.Of("the last"), AppendOrigin.Client);
        for (var at = whole; at < log.SizeInBytes; at++)
        {
            var isOutsideChecksum = at - whole is < RecordBatch.LengthAt
                or (>= RecordBatch.LeaderEpochAt and < RecordBatch.MagicAt);
            if (isOutsideChecksum)
            {
                continue;
            }

            var copy = _temporary.CopyOf(log.LogDirectory);
            Corrupt(copy, at);
            using var recovered = Open(copy);
            Assert.True(recovered.LogEndOffset == 1, $"byte {at - whole} of the batch");
            Assert.Equal(["a"], Batches.ReadAll(recovered).Select(r => r.Value));
        }
    }

    /// <summary>Recovery reads 64 KiB at a time: batches that lie across two reads, or fill more than one, count too.</summary>
    [Fact]
    public void Open_after_a_flipped_bit_in_any_of_many_batches_ends_before_it()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        using var log = Open("log");
        var starts = new List<long>();
        for (var i = 0; i < 24; i++)
        {
            starts.Add(log.SizeInBytes);
            Append(log, new string('v', random.Next(1, i % 6 == 0 ? 150_000 : 20_000)));
        }

        for (var i = 0; i < starts.Count; i++)
        {
            var copy = _temporary.CopyOf(log.LogDirectory);
            var end = i + 1 < starts.Count ? starts[i + 1] : log.SizeInBytes;
            Corrupt(copy, random.NextInt64(starts[i] + RecordBatch.AttributesAt, end));
            using var recovered = Open(copy);
            Assert.True(recovered.LogEndOffset == i, $"seed {seed}: batch {i}, end {recovered.LogEndOffset}");
        }

        using var whole = Open(_temporary.CopyOf(log.LogDirectory));
        Assert.True(whole.LogEndOffset == starts.Count, $"seed {seed}: {whole.Recovery.Reason}");
    }

    [Fact]
    public void Open_with_zeros_behind_the_last_batch_cuts_them()
    {
        using var log = Open("log");
        Append(log, "a");
        var copy = _temporary.CopyOf(log.LogDirectory);
        SetLength(copy, log.SizeInBytes + 5000);
        using var recovered = Open(copy);
        Assert.Equal((1, 5000), (recovered.LogEndOffset, recovered.Recovery.TruncatedBytes));
    }

    [Fact]
    public void Open_with_a_hole_in_the_unflushed_part_stops_there_and_drops_later_segments()
    {
        var options = new LogOptions { SegmentBytes = 1024 };
        var copy = Crashed(options, records: 60);
        File.Delete(Path.Combine(copy, LogCheckpoint.FileName));
        var second = Directory.GetFiles(copy, "*.log").Order().ElementAt(1);
        Corrupt(second, 10 + RecordBatch.HeaderSize, isPath: true);

        using var recovered = Open(copy, options);
        var secondBase = long.Parse(Path.GetFileNameWithoutExtension(second), null);
        Assert.Equal(secondBase, recovered.LogEndOffset);
        Assert.Equal(2, Directory.GetFiles(copy, "*.log").Length);
        Assert.Equal(secondBase, Batches.ReadAll(recovered).Count);
        Assert.Equal((0, secondBase), recovered.EndOffsetForEpoch(0));
        Assert.Equal((1, secondBase), recovered.EndOffsetForEpoch(1));
        Assert.Equal((-1, -1), recovered.EndOffsetForEpoch(5));
    }

    [Fact]
    public void Open_after_cuts_at_random_places_keeps_a_prefix_and_never_more_than_the_cut_loses()
    {
        const int Seed = 20;
        var random = new Random(Seed);
        for (var round = 0; round < 60; round++)
        {
            var options = new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 100 };
            var copy = Crashed(options, records: random.Next(1, 40));
            File.Delete(Path.Combine(copy, LogCheckpoint.FileName));
            var last = Directory.GetFiles(copy, "*.log").Order().Last();
            var before = int.Parse(Path.GetFileNameWithoutExtension(last), null);
            SetLength(last, random.NextInt64(new FileInfo(last).Length + 1), isPath: true);
            using var recovered = Open(copy, options);
            var values = Batches.ReadAll(recovered).Select(r => r.Value).ToList();
            Assert.True(values.Count >= before, $"seed {Seed}, round {round}");
            Assert.Equal(Enumerable.Range(0, values.Count).Select(i => "v" + i), values);
        }
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("garbage")]
    [InlineData("another size")]
    public void Open_rebuilds_an_index_that_is_missing_or_wrong(string how)
    {
        var options = new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 100 };
        var copy = Crashed(options, records: 60);
        var indexes = Directory.GetFiles(copy, "*.idx");
        Assert.NotEmpty(indexes);
        foreach (var index in indexes)
        {
            if (how == "missing")
            {
                File.Delete(index);
            }
            else if (how == "garbage")
            {
                File.WriteAllBytes(index, [1, 2, 3, 4, 5, 6, 7, 8]);
            }
            else if (index != indexes[0])
            {
                File.Copy(indexes[0], index, overwrite: true);
            }
        }

        using var recovered = Open(copy, options);
        Assert.Equal(60, Batches.ReadAll(recovered).Count);
        Assert.Equal("v33", Batches.ReadAll(recovered, 33)[0].Value);
    }

    [Fact]
    public void Open_without_a_readable_checkpoint_verifies_everything()
    {
        var options = new LogOptions { SegmentBytes = 1024 };
        var copy = Crashed(options, records: 60);
        File.WriteAllBytes(Path.Combine(copy, LogCheckpoint.FileName), [9, 9, 9, 9, 9]);
        using var recovered = Open(copy, options);
        Assert.Equal(recovered.SizeInBytes, recovered.Recovery.ScannedBytes);
        Assert.Equal(60, recovered.LogEndOffset);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("gone")]
    public void Open_with_fsynced_records_missing_stays_offline_until_the_loss_is_accepted(string how)
    {
        using (var log = Open("log"))
        {
            Append(log, "a");
            Append(log, "b");
        }

        var directory = _temporary.Sub("log");
        var file = Directory.GetFiles(directory, "*.log").Single();
        if (how == "cut")
        {
            SetLength(directory, new FileInfo(file).Length - 1);
        }
        else
        {
            File.Delete(file);
        }

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var warnings = new LogLines();
            using var damaged = PartitionLog.Open(directory, LogOptions.Default, Environment(warnings));
            Assert.True(damaged.IsOffline);
            Assert.Contains(LogRecovery.AcceptLossFile, warnings.Single());
            Assert.Equal(
                ErrorCode.KafkaStorageError, damaged.Append(Batches.Of("c"), AppendOrigin.Client).Error);
            var read = damaged.Read(0, 100, true, false, new System.Buffers.ArrayBufferWriter<byte>());
            Assert.Equal(ErrorCode.KafkaStorageError, read.Error);
        }

        File.WriteAllBytes(Path.Combine(directory, LogRecovery.AcceptLossFile), []);
        using var accepted = Open("log");
        Assert.Equal((false, 1), (accepted.IsOffline, accepted.LeaderEpoch));
        Assert.Equal(how == "cut" ? 1 : 2, accepted.LogEndOffset);
        Assert.False(File.Exists(Path.Combine(directory, LogRecovery.AcceptLossFile)));
    }

    [Fact]
    public void Open_with_a_segment_missing_between_others_stays_offline_until_the_loss_is_accepted()
    {
        using (var log = PartitionLog.Open(_temporary.Sub("log"), new LogOptions { SegmentBytes = 200 }, Environment([])))
        {
            for (var i = 0; i < 9; i++)
            {
                Append(log, $"record {i}");
            }
        }

        var files = Directory.GetFiles(_temporary.Sub("log"), "*.log").Order().ToArray();
        Assert.True(files.Length >= 4, $"{files.Length} segments");
        File.Delete(files[1]);

        var warnings = new LogLines();
        using (var damaged = PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, Environment(warnings)))
        {
            Assert.True(damaged.IsOffline);
            Assert.Contains(Path.GetFileName(files[0]), warnings.Single(), StringComparison.Ordinal);
        }

        File.WriteAllBytes(Path.Combine(_temporary.Sub("log"), LogRecovery.AcceptLossFile), []);
        using var accepted = Open("log");
        Assert.Equal((false, 1), (accepted.IsOffline, accepted.LeaderEpoch));
        Assert.Equal(accepted.LogEndOffset, Batches.ReadAll(accepted).Count);
    }

    [Fact]
    public void Open_of_a_log_that_was_created_and_has_no_files_is_no_new_one()
    {
        var environment = Environment(new LogLines()) with { WasCreated = true };
        using (var damaged = PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, environment))
        {
            Assert.True(damaged.IsOffline);
        }

        File.WriteAllBytes(Path.Combine(_temporary.Sub("log"), LogRecovery.AcceptLossFile), []);
        using var accepted = PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, environment);
        Assert.Equal((false, 0L, 1), (accepted.IsOffline, accepted.LogEndOffset, accepted.LeaderEpoch));
        Assert.Equal(0, Append(accepted, "next"));
    }

    [Fact]
    public void Open_that_verifies_everything_finds_rot_below_the_recovery_point()
    {
        using (var log = Open("log"))
        {
            Append(log, "a");
            Append(log, "b");
        }

        Corrupt(_temporary.Sub("log"), RecordBatch.HeaderSize + 3);
        var environment = Environment([]) with { VerifyAll = true };
        using var damaged = PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, environment);
        Assert.True(damaged.IsOffline);
    }

    private static long Append(PartitionLog log, string value)
    {
        var result = log.Append(Batches.Of(value), AppendOrigin.Client);
        Assert.Equal(ErrorCode.None, result.Error);
        return result.BaseOffset;
    }

    private static void SetLength(string target, long size, bool isPath = false)
    {
        var path = isPath ? target : Directory.GetFiles(target, "*.log").Order().Last();
        using var file = new FileStream(path, FileMode.Open);
        file.SetLength(size);
    }

    private static void Corrupt(string target, long at, bool isPath = false)
    {
        var path = isPath ? target : Directory.GetFiles(target, "*.log").Order().Last();
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    // A directory as kill -9 leaves it: everything written, nothing closed.
    private string Crashed(LogOptions options, int records)
    {
        using var log = PartitionLog.Open(_temporary.Sub(Guid.NewGuid().ToString("N")), options, _clock);
        for (var i = 0; i < records; i++)
        {
            Append(log, "v" + i);
        }

        return _temporary.CopyOf(log.LogDirectory);
    }

    private LogEnvironment Environment(LogLines warnings) => new() { Time = _clock, Log = warnings };

    private PartitionLog Open(string name, LogOptions? options = null) =>
        PartitionLog.Open(Path.Combine(_temporary.Root, name), options ?? LogOptions.Default, _clock);
}
