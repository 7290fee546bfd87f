using StreamFlow.Clients;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

public sealed class RestoreWatchTests : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly ListLogger _messages = new();

    public void Dispose() => _messages.Dispose();

    [Fact]
    public void A_restore_that_stands_still_is_told_of_every_half_minute()
    {
        var (watch, store) = (new RestoreWatch(_messages, _time), Located(end: 12));

        Look(watch, store, TimeSpan.FromSeconds(29));
        Assert.Empty(_messages.Messages);
        Look(watch, store, TimeSpan.FromSeconds(3));
        Assert.StartsWith(
            "Store s is not restored further than to offset 0 of 12 in changelog-0 since 00:00:30",
            Assert.Single(_messages.Messages),
            StringComparison.Ordinal);
        Look(watch, store, TimeSpan.FromSeconds(31));

        Assert.Equal(2, _messages.Messages.Count);
        Assert.Contains("since 00:01:0", _messages.Messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_restore_that_comes_forward_however_slowly_is_not_told_of()
    {
        var (watch, store) = (new RestoreWatch(_messages, _time), Located(end: 12));
        using var writer = new RestoreWriter("writer");

        for (var i = 1; i <= 4; i++)
        {
            Look(watch, store, TimeSpan.FromSeconds(25));
            store.Apply(new StandingReader(i), 1000, writer);
        }

        Assert.Empty(_messages.Messages);
    }

    [Fact]
    public void A_store_that_has_gone_and_come_back_begins_anew()
    {
        var (watch, store) = (new RestoreWatch(_messages, _time), Located(end: 12));

        Look(watch, store, TimeSpan.FromSeconds(20));
        watch.Look([]);
        _time.Advance(TimeSpan.FromSeconds(2));
        watch.Look([]);
        Look(watch, store, TimeSpan.FromSeconds(20));

        Assert.Empty(_messages.Messages);
    }

    private void Look(RestoreWatch watch, RestoringStore store, TimeSpan during)
    {
        for (var passed = TimeSpan.Zero; passed < during; passed += TimeSpan.FromMilliseconds(500))
        {
            watch.Look([store]);
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }
    }

    private static RestoringStore Located(long end)
    {
        var slot = new BackendSlot(new InMemoryBackend(["s"]), ["s"]);
        var bytes = new KeyValueStore<byte[], byte[]>("s", Serdes.Bytes, Serdes.Bytes, timestamped: false);
        var store = new RestoringStore(null!, new TaskStore(bytes, 0, slot, new TaskChangelog(null!, "s", new TopicPartition("changelog", 0))));
        Assert.True(store.Locate(0, end));
        return store;
    }

    /// <summary>No records, but a position: what it has read were control records.</summary>
    private sealed class StandingReader(long position) : PartitionReader
    {
        public override TopicPartition Partition => new("changelog", 0);

        public override long Position => position;

        public override bool AtEnd => false;

        public override RecordBatch Next() => new NoRecords();
    }

    private sealed class NoRecords : RecordBatch
    {
        public override int Count => 0;

        public override ByteRecord Read(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public override long Timestamp(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public override Headers? ReadHeaders(int index) => throw new ArgumentOutOfRangeException(nameof(index));
    }
}
