using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What leaves a cache at a flush is attributed to the input record that wrote it last.</summary>
public class FlushOriginTests
{
    private readonly Tracker _origins = new();
    private readonly StoreHarness _harness;
    private readonly List<string> _seen = [];

    public FlushOriginTests()
    {
        _harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, new ChoosyLong(), timestamped: true),
            origins: _origins);
        Store.FlushListener = new Listener(this);
    }

    private KeyValueStore<string, long> Store => (KeyValueStore<string, long>)_harness.Store;

    [Fact]
    public void Flush_names_the_record_that_wrote_last()
    {
        Put(10, "a", 1);
        Put(11, "b", 2);
        Put(12, "a", 3);
        _harness.Commit();
        Put(13, "b", 4);
        _harness.Commit();

        Assert.Equal(["b by 11", "a by 12", "b by 13"], _seen);
        Assert.Equal([11, 12, -1, 13, -1], _origins.Entered);
    }

    [Fact]
    public void Flush_attributes_what_a_listener_writes_to_the_entry_it_was_told_of()
    {
        Put(10, "a", 1);
        _harness.Commit();
        Put(20, "b", 5);
        Put(21, "c", 0);
        _origins.Set(-1);
        _seen.Clear();
        OnFlushed = key =>
        {
            if (key == "b")
            {
                Store.Set(ref Store.Find("a"), 6, hasValue: true, 0, headers: null);
            }
        };
        _harness.Commit();

        Assert.Equal(["b by 20", "c by 21", "a by 20"], _seen);
    }

    [Fact]
    public void Flush_names_the_record_before_it_serializes_and_nobody_when_it_has_failed()
    {
        Put(7, "a", ChoosyLong.Refused);

        Assert.Throws<FormatException>(() => Store.Flush());
        Assert.Equal([7, -1], _origins.Entered);

        Put(8, "a", 1);
        _harness.Commit();
        Assert.Equal(["a by 8"], _seen);
    }

    private Action<string>? OnFlushed { get; set; }

    private void Put(long offset, string key, long value)
    {
        _origins.Set(offset);
        Store.Set(ref Store.Find(key), value, hasValue: true, offset, headers: null);
    }

    private sealed class Tracker : OriginTracker
    {
        private RecordOrigin _current = RecordOrigin.None;

        public List<long> Entered { get; } = [];

        public override RecordOrigin Current => _current;

        public void Set(long offset) => _current = new RecordOrigin("in", 0, offset, null);

        public override void Enter(in RecordOrigin origin)
        {
            _current = origin;
            Entered.Add(origin.Offset);
        }
    }

    private sealed class Listener(FlushOriginTests test) : FlushListener<string, long>
    {
        public override void Flushed(in string key, in Change<long> change, long timestamp, Headers? headers)
        {
            test._seen.Add($"{key} by {test._origins.Current.Offset}");
            test.OnFlushed?.Invoke(key);
        }
    }

    private sealed class ChoosyLong : StreamFlow.Serialization.ISerde<long>
    {
        public const long Refused = -13;

        public void Serialize(long value, System.Buffers.IBufferWriter<byte> writer)
        {
            if (value == Refused)
            {
                throw new FormatException("refused");
            }

            BigEndianSerde.Instance.Serialize(value, writer);
        }

        public long Deserialize(ReadOnlySpan<byte> data) => BigEndianSerde.Instance.Deserialize(data);
    }
}
