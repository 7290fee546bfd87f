using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>A round reads and writes all of a topic: one must be due only where it can change something.</summary>
public sealed class CompactionRoundsTests : IDisposable
{
    private static readonly LogOptions Options = new()
    {
        SegmentBytes = 2048, CleanupPolicy = CleanupPolicy.Compact, MinCleanableDirtyRatio = 0.01, DeleteRetentionMs = 60_000,
    };

    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_marker_at_the_end_of_a_segment_whose_time_is_over_makes_no_rounds_without_end()
    {
        using var log = Open(Options);
        Commit(log, sequence: 0);
        AppendLarge(log, "rolls the segment whose last batch is the marker");
        Commit(log, sequence: 1);
        AppendLarge(log, "rolls the next");
        log.Maintain();
        RunsDry(log);
    }

    [Fact]
    public void Tombstones_that_wait_behind_a_batch_nobody_can_open_make_no_rounds_without_end()
    {
        using var log = Open(Options with { CleanupPolicy = CleanupPolicy.None });
        var closed = Batches.WithSection(Batches.Keyed(_clock.NowMs(), ("a", "old")), CompressionCodec.Zstd, "no zstd at all"u8);
        Assert.True(log.Append(closed, AppendOrigin.Client).IsSuccess);
        log.UpdateOptions(Options);
        Append(log, ("a", null));
        AppendLarge(log, "x");
        AppendLarge(log, "y");
        log.Maintain();
        RunsDry(log);
    }

    [Fact]
    public void Tombstones_go_in_the_round_after_their_first_where_they_need_not_stay()
    {
        using var log = Open(Options with { DeleteRetentionMs = 0 });
        Append(log, ("gone", "x"));
        Append(log, ("gone", null));
        AppendLarge(log, "x");
        AppendLarge(log, "y");
        log.Maintain();
        log.Maintain();
        Assert.DoesNotContain(Batches.ReadAll(log), static r => r.Key == "gone");
    }

    /// <summary>Once everything is over that a round may wait for, one more may run, and then none.</summary>
    private void RunsDry(PartitionLog log)
    {
        _clock.Advance(TimeSpan.FromMinutes(2));
        log.Maintain();
        var written = _files.WrittenTo(".cleaned");
        Assert.True(written > 0, "there was no round");
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(2));
            log.Maintain();
        }

        Assert.Equal(written, _files.WrittenTo(".cleaned"));
    }

    private static void Commit(PartitionLog log, int sequence)
    {
        log.RegisterTransaction(5, 0);
        Assert.True(log.Append(Batches.Produced(5, 0, sequence, transactional: true), AppendOrigin.Client).IsSuccess);
        Assert.True(log.Append(Batches.Marker(5, 0, commit: true), AppendOrigin.Marker).IsSuccess);
    }

    private void Append(PartitionLog log, params (string Key, string? Value)[] records) =>
        Assert.True(log.Append(Batches.Keyed(_clock.NowMs(), records), AppendOrigin.Client).IsSuccess);

    private void AppendLarge(PartitionLog log, string key) => Append(log, (key, new string('x', 1900)));

    private PartitionLog Open(LogOptions options) => PartitionLog.Open(
        _temporary.Sub("log"), options, new LogEnvironment { Time = _clock, Files = _files });
}
