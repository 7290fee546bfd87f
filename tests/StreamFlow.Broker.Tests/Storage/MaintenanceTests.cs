using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;
using TemporaryDirectory = StreamFlow.Broker.Tests.Storage.TemporaryDirectory;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>Care for one log neither waits for that of another, nor falls with it.</summary>
public sealed class MaintenanceTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new();
    private readonly LogLines _log = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Slow_compaction_keeps_neither_retention_of_other_topics_nor_for_ever_that_of_its_own()
    {
        using var entered = new ManualResetEventSlim();
        using var store = Open(TimeSpan.FromSeconds(30));
        using var open = new Gate();
        var compacted = Create(store, "compacted", ("cleanup.policy", "compact,delete"), ("min.cleanable.dirty.ratio", "0"));
        var aged = Create(store, "aged");
        Fill(compacted, 60);
        Fill(aged, 60);
        _files.BeforeOpen = (path, _) =>
        {
            if (path.EndsWith(CompactionSwap.CleanedSuffix, StringComparison.Ordinal))
            {
                entered.Set();
                open.Wait();
            }
        };
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30)));

        Assert.Equal(0, aged.LogStartOffset);
        _clock.Advance(TimeSpan.FromMinutes(10));
        await Eventually.TrueAsync(() => aged.LogStartOffset == 60, "retention of the other topic goes on");
        Assert.Equal(0, compacted.LogStartOffset);
        open.Set();
        await Eventually.TrueAsync(() => compacted.LogStartOffset == 60, "its own follows the compaction");
    }

    [Theory]
    [InlineData("first")]
    [InlineData("second")]
    [InlineData("third")]
    public void What_nobody_foresaw_in_one_log_is_not_that_of_the_others_and_loses_nothing(string broken)
    {
        using var store = Open(TimeSpan.Zero);
        PartitionLog[] logs = [.. new[] { "first", "second", "third" }.Select(name => Create(store, name))];
        foreach (var log in logs)
        {
            Fill(log, 60);
        }

        var victim = store.GetPartition(broken, 0)!;
        _files.BeforeDelete = path =>
        {
            if (path.StartsWith(victim.LogDirectory, StringComparison.Ordinal))
            {
                throw new InvalidOperationException("nobody foresaw this");
            }
        };
        _clock.Advance(TimeSpan.FromMinutes(10));
        store.Maintain();
        Assert.All(logs.Where(log => log != victim), static log => Assert.Equal((60, 1), (log.LogStartOffset, log.Segments.Length)));
        Assert.Contains(_log, static line => line.Contains("nobody foresaw this", StringComparison.Ordinal));
        Assert.Equal(LogState.Online, victim.State);
        Assert.True(victim.Append(Batches.At(_clock.NowMs(), "next"), AppendOrigin.Client).IsSuccess);
    }

    private static PartitionLog Create(TopicStore store, string name, params (string Name, string Value)[] configs)
    {
        Dictionary<string, string> all = new() { ["segment.bytes"] = "1024", ["retention.ms"] = "60000" };
        foreach (var (key, value) in configs)
        {
            all[key] = value;
        }

        Assert.True(store.CreateTopic(name, 1, all).IsSuccess);
        return store.GetPartition(name, 0)!;
    }

    private void Fill(PartitionLog log, int records)
    {
        for (var i = 0; i < records; i++)
        {
            Assert.True(log.Append(Batches.Keyed(_clock.NowMs(), ("k" + i % 3, "v" + i)), AppendOrigin.Client).IsSuccess);
        }
    }

    private TopicStore Open(TimeSpan interval) => TopicStore.Open(new StoreOptions
    {
        DataDirectory = _temporary.Root, MaintenanceInterval = interval, Files = _files, Log = _log, Time = _clock, FlusherThreads = 0,
    });
}
