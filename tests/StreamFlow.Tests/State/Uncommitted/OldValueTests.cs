using System.Buffers;
using System.Text;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>An aggregate that is changed in place still has a true old value, for whoever asks for it.</summary>
public class OldValueTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Flush_gives_what_was_there_at_the_flush_before_although_the_object_was_changed(bool committed)
    {
        var (harness, store, recorder) = Create(keepsOldValues: true);
        Append(store, "a", "x");
        Append(store, "a", "y");
        End(harness, committed);
        Append(store, "a", "z");
        Append(store, "b", "1");
        Append(store, "a", "w");
        End(harness, committed);
        Append(store, "b", "2");
        End(harness, committed);

        Assert.Equal(["a: -> x,y", "b: -> 1", "a: x,y -> x,y,z,w", "b: 1 -> 1,2"], recorder.Seen);
    }

    [Fact]
    public void Flush_gives_what_was_there_after_the_entry_was_evicted_or_dropped()
    {
        var (harness, store, recorder) = Create(keepsOldValues: true);
        Append(store, "a", "x");
        harness.Commit();
        harness.Reopen();
        store = (KeyValueStore<string, List<string>>)harness.Store;
        (store.FlushListener, store.KeepsOldValues) = (recorder, true);
        Append(store, "a", "y");
        harness.Rollback();
        Append(store, "a", "z");
        harness.Commit();

        Assert.Equal(["a: -> x", "a: x -> x,z"], recorder.Seen);
    }

    [Fact]
    public void Found_value_stays_what_it_was_while_the_object_changes()
    {
        var (_, store, _) = Create(keepsOldValues: true);
        store.FlushListener = null;
        var seen = new List<string>();
        foreach (var item in new[] { "x", "y", "z" })
        {
            ref var entry = ref store.Find("a");
            var list = entry.Value ?? [];
            list.Add(item);
            seen.Add($"{string.Join(',', entry.HasValue ? store.OldValue(ref entry) : [])} -> {string.Join(',', list)}");
            store.Set(ref entry, list, hasValue: true, 1, headers: null);
        }

        Assert.Equal([" -> x", "x -> x,y", "x,y -> x,y,z"], seen);
    }

    [Fact]
    public void A_deletion_tells_what_was_deleted_although_the_object_was_changed_first()
    {
        var (harness, store, recorder) = Create(keepsOldValues: true);
        Append(store, "a", "x");
        harness.Commit();
        ref var entry = ref store.Find("a");
        entry.Value.Clear();
        store.Set(ref entry, default!, hasValue: false, 2, headers: null);
        harness.Commit();

        Assert.Equal(["a: -> x", "a: x -> "], recorder.Seen);
    }

    /// <summary>The write did not look; what was found last is another key's.</summary>
    [Fact]
    public void A_blind_write_tells_the_old_value_of_its_own_key()
    {
        var (harness, store, recorder) = Create(keepsOldValues: true);
        Append(store, "a", "x");
        Append(store, "b", "1");
        harness.Commit();
        harness.Reopen();
        store = (KeyValueStore<string, List<string>>)harness.Store;
        (store.FlushListener, store.KeepsOldValues) = (recorder, true);

        store.Find("a");
        store.Put("b", ["2"], 2);
        harness.Commit();

        Assert.Equal(["a: -> x", "b: -> 1", "b: 1 -> 2"], recorder.Seen);
    }

    [Fact]
    public void Without_demand_nothing_is_serialized_but_what_is_flushed()
    {
        var serde = new LinesSerde();
        var harness = new StoreHarness(
            () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, serde, timestamped: true));
        var store = (KeyValueStore<string, List<string>>)harness.Store;
        Append(store, "a", "x");
        harness.Commit();
        var (written, read) = (serde.Written, serde.Read);
        for (var i = 0; i < 100; i++)
        {
            store.Find("a");
        }

        Append(store, "a", "y");
        harness.Commit();

        Assert.Equal((1, 0), (serde.Written - written, serde.Read - read));
    }

    private static (StoreHarness Harness, KeyValueStore<string, List<string>> Store, Recorder Recorder) Create(
        bool keepsOldValues)
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, new LinesSerde(), timestamped: true));
        var store = (KeyValueStore<string, List<string>>)harness.Store;
        var recorder = new Recorder();
        (store.FlushListener, store.KeepsOldValues) = (recorder, keepsOldValues);
        return (harness, store, recorder);
    }

    private static void Append(KeyValueStore<string, List<string>> store, string key, string item)
    {
        ref var entry = ref store.Find(key);
        var list = entry.Value ?? [];
        list.Add(item);
        store.Set(ref entry, list, hasValue: true, 1, headers: null);
    }

    private static void End(StoreHarness harness, bool committed)
    {
        if (committed)
        {
            harness.Commit();
        }
        else
        {
            harness.Flush();
        }
    }

    private sealed class Recorder : FlushListener<string, List<string>>
    {
        public List<string> Seen { get; } = [];

        public override void Flushed(in string key, in Change<List<string>> change, long timestamp, Headers? headers)
        {
            var old = change.HasOld ? string.Join(',', change.Old) : string.Empty;
            Seen.Add($"{key}: {(old.Length > 0 ? old + " " : string.Empty)}-> {(change.HasNew ? string.Join(',', change.New) : string.Empty)}");
        }
    }
}

/// <summary>Writes a list that is changed in place, and counts.</summary>
internal sealed class LinesSerde : ISerde<List<string>>
{
    public int Written { get; private set; }

    public int Read { get; private set; }

    public void Serialize(List<string> value, IBufferWriter<byte> writer)
    {
        Written++;
        Encoding.UTF8.GetBytes(string.Join('\n', value), writer);
    }

    public List<string> Deserialize(ReadOnlySpan<byte> data)
    {
        Read++;
        return [.. Encoding.UTF8.GetString(data).Split('\n')];
    }
}
