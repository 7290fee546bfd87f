using System.Buffers;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What a serde cannot write at a flush is taken back, if whoever is told lets it.</summary>
public class UnwritableTests
{
    private readonly List<Exception> _told = [];
    private readonly StoreHarness _harness;

    public UnwritableTests() => _harness = new StoreHarness(
        () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, new PickySerde(), timestamped: true),
        unwritable: _told.Add);

    private KeyValueStore<string, List<string>> Store => (KeyValueStore<string, List<string>>)_harness.Store;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Entry_goes_back_to_what_it_was_at_the_flush_before(bool committed, bool keepsOldValues)
    {
        var listener = new Listener();
        (Store.FlushListener, Store.KeepsOldValues) = (listener, keepsOldValues);
        Append("a", "x", 1);
        Append("b", "y", 2);
        if (committed)
        {
            _harness.Commit();
        }
        else
        {
            _harness.Flush();
        }

        Append("a", "poison", 3);
        Append("b", "z", 4);
        Append("new", "poison", 5);
        _harness.Commit();

        Assert.Equal(2, _told.Count);
        Assert.All(_told, e => Assert.IsType<FormatException>(e));
        Assert.Equal(["a: x", "b: y", "b: y,z"], listener.Seen);
        Assert.Equal("x", string.Join(',', Store.Find("a").Value));
        Assert.Equal(1, Store.Find("a").Timestamp);
        Assert.False(Store.Find("new").HasValue);
        Append("a", "w", 6);
        _harness.Commit();
        Assert.Equal("a: x,w", listener.Seen[^1]);
        Assert.Equal(2, _harness.Dump().Count);
    }

    /// <summary>What the refused value counted for must not be counted for ever, or the thread commits ever more often.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Entry_counts_for_what_it_is_again(bool committed, bool keepsOldValues)
    {
        (Store.FlushListener, Store.KeepsOldValues) = (new Listener(), keepsOldValues);
        Append("a", "x", 1);
        _harness.Commit();
        var before = _harness.Budget.CleanBytes;
        if (!committed)
        {
            Append("a", new string('y', 50), 2);
            _harness.Flush();
            before += 51;
        }

        // Several writes, so that the growing value is measured.
        for (var i = 0; i < 8; i++)
        {
            Append("a", new string('z', 1_000), 3);
        }

        Append("a", "poison", 4);
        _harness.Commit();

        Assert.Single(_told);
        Assert.Equal((before, 0L, 0), (_harness.Budget.CleanBytes, _harness.Budget.DirtyBytes, _harness.Budget.DirtyRows));
    }

    [Fact]
    public void Flush_fails_where_nobody_is_told()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, new PickySerde(), timestamped: true));
        ((KeyValueStore<string, List<string>>)harness.Store).Put("a", ["poison"], hasValue: true, 1, headers: null);

        Assert.Throws<FormatException>(harness.Flush);
    }

    private void Append(string key, string item, long timestamp)
    {
        ref var entry = ref Store.Find(key);
        var list = entry.Value ?? [];
        list.Add(item);
        Store.Set(ref entry, list, hasValue: true, timestamp, headers: null);
    }

    private sealed class Listener : FlushListener<string, List<string>>
    {
        public List<string> Seen { get; } = [];

        public override void Flushed(in string key, in Change<List<string>> change, long timestamp, Headers? headers) =>
            Seen.Add($"{key}: {string.Join(',', change.New)}");
    }

    private sealed class PickySerde : ISerde<List<string>>
    {
        private readonly LinesSerde _lines = new();

        public void Serialize(List<string> value, IBufferWriter<byte> writer)
        {
            if (value.Contains("poison"))
            {
                throw new FormatException("poison");
            }

            _lines.Serialize(value, writer);
        }

        public List<string> Deserialize(ReadOnlySpan<byte> data) => _lines.Deserialize(data);
    }
}
