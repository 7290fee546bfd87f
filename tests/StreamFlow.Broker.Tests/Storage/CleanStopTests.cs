using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>What an orderly stop leaves for the next start, and what the next start makes of any other.</summary>
public sealed class CleanStopTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new();
    private readonly Support.LogLines _warnings = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Start_after_an_orderly_stop_reads_nothing_of_any_log()
    {
        Dictionary<string, string> small = new() { [TopicConfigs.SegmentBytesName] = "2048" };
        using (var store = Open())
        {
            store.CreateTopic("t", 2, small);
            store.CreateTopic("empty", 1);
            for (var i = 0; i < 50; i++)
            {
                Append(store, 0, Batches.Of("v" + i));
                Append(store, 1, Batches.Produced(7, 0, i));
            }
        }

        for (var start = 0; start < 2; start++)
        {
            var before = _files.BytesRead;
            using var again = Open();
            Assert.Equal(0, _files.BytesRead - before);
            Assert.Equal(0, again.GetPartition("t", 0)!.LeaderEpoch);
            Assert.Equal(50 + start, again.GetPartition("t", 0)!.LogEndOffset);
            Assert.Equal(50, Batches.ReadAll(again.GetPartition("t", 1)!).Count);
            Assert.Equal("v17", Batches.ReadAll(again.GetPartition("t", 0)!, 17)[0].Value);
            Assert.Equal(49, again.GetPartition("t", 1)!.DescribeProducers().Single().LastSequence);
            Append(again, 0, Batches.Of("more"));
        }

        Assert.Empty(_warnings);
    }

    [Fact]
    public void Every_partition_gets_a_new_leader_epoch_after_a_crash_and_none_after_an_orderly_stop()
    {
        var directory = _temporary.Sub("data");
        string crashed;
        using (var store = Open())
        {
            store.CreateTopic("t", 2);
            Append(store, 0, Batches.Of("a", "b"));
            crashed = _temporary.Sub("crashed");
            Support.DirectoryCopy.Of(directory, crashed);
        }

        using (var orderly = Open())
        {
            Assert.False(orderly.AfterUncleanStop);
            Assert.Equal([0, 0], Epochs(orderly));
        }

        for (var crash = 1; crash < 4; crash++)
        {
            using var store = Open(crashed);
            Assert.True(store.AfterUncleanStop);
            Assert.Equal([crash, crash], Epochs(store));
            Assert.Equal((0, 2), store.GetPartition("t", 0)!.EndOffsetForEpoch(0));
            Assert.Equal((crash, 2), store.GetPartition("t", 0)!.EndOffsetForEpoch(crash));
            crashed = _temporary.Sub("crashed" + crash);
            Support.DirectoryCopy.Of(_temporary.Sub(crash == 1 ? "crashed" : "crashed" + (crash - 1)), crashed);
        }
    }

    [Fact]
    public void Mark_of_an_orderly_stop_is_gone_durably_before_a_start_changes_anything()
    {
        Open().Dispose();
        var mark = Path.Combine(_temporary.Sub("data"), CleanStop.FileName);
        Assert.True(File.Exists(mark));
        using var store = Open();
        Assert.False(File.Exists(mark));
    }

    [Fact]
    public void Stop_with_a_partition_that_failed_leaves_no_mark()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 1);
            _files.FillUpAfter(3);
            Assert.False(store.GetPartition("t", 0)!.Append(Batches.Of("a"), AppendOrigin.Client).IsSuccess);
            _files.FillUpAfter(long.MaxValue);
        }

        using var again = Open();
        Assert.True(again.AfterUncleanStop);
        Assert.Equal(1, again.GetPartition("t", 0)!.LeaderEpoch);
    }

    [Fact]
    public void Damaged_mark_counts_as_none()
    {
        Open().Dispose();
        File.WriteAllBytes(Path.Combine(_temporary.Sub("data"), CleanStop.FileName), new byte[60]);
        using var store = Open();
        Assert.True(store.AfterUncleanStop);
    }

    /// <summary>Files reach the disk in any order: the later one whole, the earlier one short of some batches.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Closed_segment_that_lost_whole_batches_at_its_end_ends_the_log(bool wasStoppedBefore)
    {
        var options = new LogOptions { SegmentBytes = 1024 };
        var directory = _temporary.Sub("log");
        byte[]? checkpoint = null;
        if (wasStoppedBefore)
        {
            // Leaves an index that fits what will be left of the first segment.
            using (var first = Log(directory, options))
            {
                Assert.True(first.Append(Batches.Of("v"), AppendOrigin.Client).IsSuccess);
            }

            checkpoint = File.ReadAllBytes(Path.Combine(directory, LogCheckpoint.FileName));
            File.Copy(
                Path.Combine(directory, Segment.FileName(0, Segment.IndexSuffix)), Path.Combine(directory, "kept.idx"));
        }

        string crashed;
        long batch;
        using (var log = Log(directory, options))
        {
            do
            {
                Assert.True(log.Append(Batches.Of("v"), AppendOrigin.Client).IsSuccess);
            }
            while (log.Segments.Length < 3);

            batch = log.SizeInBytes / log.LogEndOffset;
            crashed = _temporary.CopyOf(directory);
        }

        // As if nothing behind the first batch had reached the disk but the second and third segment.
        foreach (var index in Directory.GetFiles(crashed, "*.idx").Where(static x => !x.Contains("00000.idx", StringComparison.Ordinal)))
        {
            File.Delete(index);
        }

        File.Delete(Path.Combine(crashed, LogCheckpoint.FileName));
        if (checkpoint is not null)
        {
            File.WriteAllBytes(Path.Combine(crashed, LogCheckpoint.FileName), checkpoint);
            File.Copy(Path.Combine(directory, "kept.idx"), Path.Combine(crashed, Segment.FileName(0, Segment.IndexSuffix)), true);
        }

        using (var file = File.OpenWrite(Path.Combine(crashed, Segment.FileName(0, Segment.LogSuffix))))
        {
            file.SetLength(batch);
        }

        using var recovered = Log(crashed, options);
        Assert.Equal((1, 1), (recovered.LogEndOffset, recovered.LeaderEpoch));
        Assert.Single(Directory.GetFiles(crashed, "*.log"));
        Assert.Single(Batches.ReadAll(recovered));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Age_of_a_segment_counts_from_its_first_record_over_restarts(bool crash)
    {
        Dictionary<string, string> daily = new() { [TopicConfigs.SegmentMsName] = "86400000" };
        var directory = _temporary.Sub("data");
        using (var store = Open())
        {
            store.CreateTopic("t", 1, daily);
            _clock.Advance(TimeSpan.FromHours(100));
            Append(store, 0, Batches.Of("first"));
            store.Maintain();
            if (crash)
            {
                Support.DirectoryCopy.Of(directory, _temporary.Sub("crashed"));
            }
        }

        directory = crash ? _temporary.Sub("crashed") : directory;
        _clock.Advance(TimeSpan.FromHours(12));
        using (var store = Open(directory))
        {
            Append(store, 0, Batches.Of("second"));
            Assert.Single(store.GetPartition("t", 0)!.Segments);
        }

        _clock.Advance(TimeSpan.FromHours(13));
        using var last = Open(directory);
        Append(last, 0, Batches.Of("third"));
        Assert.Equal(2, last.GetPartition("t", 0)!.Segments.Length);
    }

    [Fact]
    public void Log_without_a_checkpoint_finds_its_leader_epochs_in_its_batches()
    {
        var directory = _temporary.Sub("log");
        for (var run = 0; run < 3; run++)
        {
            using var log = PartitionLog.Open(directory, LogOptions.Default, Environment() with { AfterUncleanStop = true });
            Assert.True(log.Append(Batches.Of("v"), AppendOrigin.Client).IsSuccess);
        }

        File.Delete(Path.Combine(directory, LogCheckpoint.FileName));
        foreach (var index in Directory.GetFiles(directory, "*.idx"))
        {
            File.Delete(index);
        }

        using var again = Log(directory, LogOptions.Default);
        Assert.Equal(3, again.LeaderEpoch);
        Assert.Equal([(0, 1L), (1, 2L), (2, 3L)], Enumerable.Range(0, 3).Select(again.EndOffsetForEpoch));
    }

    private static int[] Epochs(TopicStore store) =>
        [.. store.GetTopic("t")!.Partitions.Select(static log => log.LeaderEpoch)];

    private static void Append(TopicStore store, int partition, byte[] batch) => Assert.Equal(
        ErrorCode.None, store.GetPartition("t", partition)!.Append(batch, AppendOrigin.Client).Error);

    private LogEnvironment Environment() => new() { Time = _clock, Files = _files, Log = _warnings };

    private PartitionLog Log(string directory, LogOptions options) => PartitionLog.Open(directory, options, Environment());

    private TopicStore Open(string? directory = null) => TopicStore.Open(new StoreOptions
    {
        DataDirectory = directory ?? _temporary.Sub("data"),
        Time = _clock,
        Files = _files,
        MaintenanceInterval = TimeSpan.Zero,
        Log = _warnings,
    });
}
