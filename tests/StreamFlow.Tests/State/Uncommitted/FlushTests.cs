using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class FlushTests
{
    private readonly StoreHarness _harness = new(
        () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true));

    private readonly Recorder _recorder = new();

    public FlushTests() => Store.FlushListener = _recorder;

    private KeyValueStore<string, long> Store => (KeyValueStore<string, long>)_harness.Store;

    [Fact]
    public void Flush_forwards_each_key_once_in_the_order_of_last_writes()
    {
        var headers = Headers.Empty.With("h", "1");
        Put("a", 1, 1);
        Put("b", 1, 2);
        Put("c", 1, 3);
        Put("a", 2, 4, headers);
        Store.Flush();

        Assert.Equal(["b: ->1 @2", "c: ->1 @3", "a: ->2 @4"], _recorder.Seen);
        Assert.Same(headers, _recorder.LastHeaders);
        Assert.Equal(3, _harness.Changelog.Records.Count);
        Assert.All(_harness.Changelog.Records, r => Assert.Null(r.Headers));
    }

    [Fact]
    public void Flush_gives_the_value_of_the_flush_before_as_the_old_one()
    {
        Put("a", 1, 1);
        _harness.Commit();
        Put("a", 2, 2);
        Put("a", 3, 3);
        Store.Flush();
        Put("a", 4, 4);
        Store.Flush();
        _harness.WriteBatch();
        Store.Committed();
        Delete("a", 5);
        _harness.Commit();

        Assert.Equal(["a: ->1 @1", "a: 1->3 @3", "a: 3->4 @4", "a: 4-> @5"], _recorder.Seen);
    }

    [Fact]
    public void Flush_is_silent_about_what_came_and_went_in_between()
    {
        Put("a", 1, 1);
        Delete("a", 2);
        Delete("never", 3);
        _harness.Commit();

        Assert.Empty(_recorder.Seen);
        Assert.Empty(_harness.Changelog.Records);
        Assert.Equal(0, _harness.Budget.DirtyBytes);
    }

    [Fact]
    public void Flush_forwards_the_deletion_of_a_key_that_was_there()
    {
        Put("a", 1, 1);
        _harness.Commit();
        Put("a", 2, 2);
        Delete("a", 3);
        _harness.Commit();

        Assert.Equal(["a: ->1 @1", "a: 1-> @3"], _recorder.Seen);
        Assert.Empty(_harness.Dump());
    }

    [Fact]
    public void Listener_may_write_to_the_same_store()
    {
        // Each flush of a value below 100 writes its successor to a new key and 1000 to a key not yet flushed.
        _recorder.OnFlushed = (key, value) =>
        {
            if (value < 100)
            {
                for (var i = 0; i < 50; i++)
                {
                    Store.Find($"{key}-{value}-{i}");
                }

                Put("next" + value, value + 50, value);
                Put("z", 1000, value);
            }
        };
        Put("a", 1, 1);
        Put("z", 2, 2);
        _harness.Commit();

        Assert.Equal(["a: ->1 @1", "z: ->1000 @1", "next1: ->51 @1", "next51: ->101 @51", "z: 1000->1000 @51"], _recorder.Seen);
        Assert.Equal("a=1 next1=51 next51=101 z=1000", string.Join(' ', Store.All().Select(p => $"{p.Key}={p.Value.Value}")));
        Assert.Equal(0, _harness.Budget.DirtyBytes);
        Assert.Equal("00000000000003e8", _harness.Dump()["7a"][16..]);
    }

    [Fact]
    public void Flush_that_fails_midway_keeps_the_rest_dirty()
    {
        Put("a", 1, 1);
        Put("b", 2, 2);
        Put("c", 3, 3);
        _recorder.OnFlushed = (key, _) =>
        {
            if (key == "b")
            {
                Put("a", 9, 9);
                throw new InvalidOperationException("downstream");
            }
        };

        Assert.Throws<InvalidOperationException>(() => Store.Flush());
        _recorder.OnFlushed = null;
        _harness.Commit();

        Assert.Equal(["a: ->1 @1", "b: ->2 @2", "c: ->3 @3", "a: 1->9 @9"], _recorder.Seen);
        Assert.Equal(3, _harness.Dump().Count);
    }

    private void Put(string key, long value, long timestamp, Headers? headers = null) =>
        Store.Set(ref Store.Find(key), value, hasValue: true, timestamp, headers);

    private void Delete(string key, long timestamp) =>
        Store.Set(ref Store.Find(key), default, hasValue: false, timestamp, headers: null);

    private sealed class Recorder : FlushListener<string, long>
    {
        public List<string> Seen { get; } = [];

        public Headers? LastHeaders { get; private set; }

        public Action<string, long>? OnFlushed { get; set; }

        public override void Flushed(in string key, in Change<long> change, long timestamp, Headers? headers)
        {
            var old = change.HasOld ? $"{change.Old}" : string.Empty;
            var now = change.HasNew ? $"{change.New}" : string.Empty;
            Seen.Add($"{key}: {old}->{now} @{timestamp}");
            LastHeaders = headers;
            OnFlushed?.Invoke(key, change.New);
        }
    }
}
