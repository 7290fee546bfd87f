using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class KeyValueStoreTests
{
    private readonly StoreHarness _harness = new(() => NewStore());

    private KeyValueStore<string, long> Store => (KeyValueStore<string, long>)_harness.Store;

    [Fact]
    public void Set_then_find_returns_the_value_before_any_flush()
    {
        Put("a", 1, 10);

        ref var entry = ref Store.Find("a");

        Assert.True(entry.HasValue);
        Assert.Equal(1, entry.Value);
        Assert.Equal(10, entry.Timestamp);
        Assert.Empty(_harness.Dump());
    }

    [Fact]
    public void Commit_writes_timestamp_and_value_and_logs_the_value_alone()
    {
        Put("A", 1, 10);
        _harness.Commit();
        Put("A", 2, 10);
        _harness.Commit();
        Put("B", 1, 7);
        _harness.Commit();
        Put("A", 3, 12);
        _harness.Commit();

        // Recorded from Apache Kafka Streams 4.3.1, a count with the updates x@10, y@5, z@7 (key B), v@12.
        Assert.Equal(
            [
                "key=41 val=0000000000000001 ts=10",
                "key=41 val=0000000000000002 ts=10",
                "key=42 val=0000000000000001 ts=7",
                "key=41 val=0000000000000003 ts=12",
            ],
            Log());
        Assert.Equal("000000000000000c0000000000000003", _harness.Dump()["41"]);
    }

    [Fact]
    public void Commit_of_a_deletion_logs_a_tombstone_with_the_timestamp_of_the_record()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, timestamped: true));
        foreach (var (value, timestamp) in new[] { ("1", 2L), (null, 3L), (null, 4L) })
        {
            var store = (KeyValueStore<string, string>)harness.Store;
            store.Set(ref store.Find("a"), value!, value is not null, timestamp, headers: null);
            harness.Commit();
        }

        // Recorded from Apache Kafka Streams 4.3.1, a table without a record cache: the second tombstone is logged too.
        Assert.Equal(
            ["key=61 val=31 ts=2", "key=61 val=null ts=3", "key=61 val=null ts=4"],
            harness.Changelog.Records.Select(r => r.ToString()));
        Assert.Empty(harness.Dump());
    }

    [Fact]
    public void Store_without_timestamps_keeps_the_value_alone()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, timestamped: false));
        var store = (KeyValueStore<string, string>)harness.Store;
        store.Set(ref store.Find("k"), "v", hasValue: true, 5, headers: null);
        harness.Commit();
        harness.Reopen();
        store = (KeyValueStore<string, string>)harness.Store;

        Assert.Equal("76", harness.Dump()["6b"]);
        Assert.Equal("key=6b val=76 ts=5", Assert.Single(harness.Changelog.Records).ToString());
        Assert.Equal(-1, store.Find("k").Timestamp);
        Assert.Equal("v", store.Find("k").Value);
    }

    [Fact]
    public void Rollback_brings_back_the_committed_value()
    {
        Put("a", 1, 10);
        _harness.Commit();
        Put("a", 2, 11);
        Put("b", 9, 11);
        Store.Flush();
        Put("a", 3, 12);

        _harness.Rollback();

        Assert.Equal(1, Store.Find("a").Value);
        Assert.False(Store.Find("b").HasValue);
        Assert.Equal(0, _harness.Budget.DirtyBytes);
    }

    [Fact]
    public void Rollback_forgets_values_changed_in_place_without_a_write()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, byte[]>("s", Utf8Serde.Instance, BytesSerde.Instance, timestamped: true));
        var store = (KeyValueStore<string, byte[]>)harness.Store;
        store.Set(ref store.Find("k"), [1], hasValue: true, 5, headers: null);
        harness.Commit();
        store.Find("k").Value[0] = 2;

        harness.Rollback();

        Assert.Equal([1], store.Find("k").Value);
    }

    [Fact]
    public void Find_between_flush_and_commit_sees_what_was_flushed()
    {
        Put("a", 1, 10);
        Store.Flush();

        Assert.Equal(1, Store.Find("a").Value);
        Assert.Equal(["a=1"], Store.All().Select(p => $"{p.Key}={p.Value.Value}"));

        _harness.WriteBatch();
        Store.Committed();
        Assert.Equal(1, Store.Find("a").Value);
    }

    [Fact]
    public void Committed_with_unflushed_changes_is_refused()
    {
        Put("a", 1, 10);

        var error = Assert.Throws<InvalidOperationException>(() => Store.Committed());

        Assert.Contains("'s'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_through_a_reference_that_the_slab_left_behind_is_refused()
    {
        ref var entry = ref Store.Find("a");
        for (var i = 0; i < 100; i++)
        {
            Store.Find($"other{i}");
        }

        InvalidOperationException? error = null;
        try
        {
            Store.Set(ref entry, 1, hasValue: true, 1, headers: null);
        }
        catch (InvalidOperationException caught)
        {
            error = caught;
        }

        Assert.NotNull(error);
        Assert.False(Store.Find("a").HasValue);
    }

    [Fact]
    public void Set_through_the_reference_of_an_earlier_find_is_refused()
    {
        Store.Find("b");
        ref var entry = ref Store.Find("a");
        Store.Find("b");

        InvalidOperationException? error = null;
        try
        {
            Store.Set(ref entry, 1, hasValue: true, 1, headers: null);
        }
        catch (InvalidOperationException caught)
        {
            error = caught;
        }

        Assert.NotNull(error);
        Assert.False(Store.Find("a").HasValue);
    }

    [Fact]
    public void Range_and_prefix_follow_the_order_of_serialized_keys_and_merge_uncommitted_changes()
    {
        foreach (var key in new[] { "a", "ab", "b", "ba", "c", "\u00ff" })
        {
            Put(key, 1, 1);
        }

        _harness.Commit();
        Put("ab", 2, 2);
        Put("bb", 2, 2);
        Delete("b");

        Assert.Equal(["a", "ab", "ba", "bb", "c", "\u00ff"], Store.All().Select(p => p.Key));
        Assert.Equal(["\u00ff", "c", "bb", "ba", "ab", "a"], Store.All(reverse: true).Select(p => p.Key));
        Assert.Equal(["ab", "ba"], Store.Range("ab", "ba").Select(p => p.Key));
        Assert.Equal(["ba", "ab"], Store.Range("ab", "ba", reverse: true).Select(p => p.Key));
        Assert.Empty(Store.Range("c", "a"));
        Assert.Equal(["ba", "bb"], Store.Prefix("b", Utf8Serde.Instance).Select(p => p.Key));
        Assert.Equal([2L, 1, 2, 1], Store.Range("ab", "c").Select(p => p.Value.Value));
    }

    [Fact]
    public void Iterator_shows_the_state_it_was_opened_on_whatever_happens_meanwhile()
    {
        Put("a", 1, 1);
        Put("b", 1, 1);
        _harness.Commit();
        Put("c", 1, 1);
        using var iterator = Store.ScanAll();
        Assert.True(iterator.MoveNext());
        Put("aa", 2, 2);
        Put("b", 2, 2);
        Delete("c");
        _harness.Commit();
        Put("d", 3, 3);
        _harness.Rollback();

        var rest = new List<string>();
        while (iterator.MoveNext())
        {
            rest.Add($"{iterator.Key}={iterator.Value}@{iterator.Timestamp}");
        }

        Assert.Equal(["b=1@1", "c=1@1"], rest);
    }

    [Fact]
    public void Find_and_set_of_a_cached_entry_allocate_nothing()
    {
        var updates = 0L;
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 100; i++)
            {
                Put("hot", i, i);
            }
        }

        var (allocated, _) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                ref var entry = ref Store.Find("hot");
                updates += entry.Value;
                Store.Set(ref entry, i, hasValue: true, i, headers: null);
            }
        });

        Assert.Equal(0, allocated);
        Assert.True(updates > 0);
    }

    [Fact]
    public void Keys_are_the_same_when_their_bytes_are()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<byte[], long>("s", BytesSerde.Instance, BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<byte[], long>)harness.Store;
        store.Set(ref store.Find([1, 2]), 7, hasValue: true, 5, headers: null);

        Assert.Equal(7, store.Find([1, 2]).Value);
    }

    [Fact]
    public void Keys_without_an_equality_of_their_own_are_the_same_when_their_bytes_are()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<OpaqueKey, long>("s", new OpaqueKeySerde(), BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<OpaqueKey, long>)harness.Store;
        store.Set(ref store.Find(new OpaqueKey("x")), 7, hasValue: true, 5, headers: null);

        Assert.Equal(7, store.Find(new OpaqueKey("x")).Value);
        Assert.False(store.Find(new OpaqueKey("y")).HasValue);
    }

    [Fact]
    public void Value_too_short_for_its_timestamp_is_reported_with_the_store()
    {
        _harness.Batch.Put(0, "a"u8, [1, 2, 3]);
        _harness.WriteBatch();

        var error = Assert.Throws<StateStoreException>(() => Store.TryGet("a", out _));

        Assert.Contains("Store 's' holds a value of 3 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _harness.Budget.CleanBytes);
    }

    [Fact]
    public void Value_that_the_serde_cannot_read_is_reported_with_store_and_serde()
    {
        _harness.Batch.Put(0, "a"u8, new byte[11]);
        _harness.WriteBatch();

        var error = Assert.Throws<StateStoreException>(() => Store.TryGet("a", out _));

        Assert.Contains("'s' holds a value of 3 bytes that Int64Serde cannot read", error.Message, StringComparison.Ordinal);
        Assert.IsType<FormatException>(error.InnerException);
    }

    private static KeyValueStore<string, long> NewStore() =>
        new("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true);

    private IEnumerable<string> Log() => _harness.Changelog.Records.Select(r => r.ToString());

    private void Put(string key, long value, long timestamp) =>
        Store.Set(ref Store.Find(key), value, hasValue: true, timestamp, headers: null);

    private void Delete(string key) =>
        Store.Set(ref Store.Find(key), default, hasValue: false, timestamp: 99, headers: null);

    private sealed class OpaqueKey(string text)
    {
        public string Text { get; } = text;
    }

    private sealed class OpaqueKeySerde : StreamFlow.Serialization.ISerde<OpaqueKey>
    {
        public void Serialize(OpaqueKey value, System.Buffers.IBufferWriter<byte> writer) =>
            Utf8Serde.Instance.Serialize(value.Text, writer);

        public OpaqueKey Deserialize(ReadOnlySpan<byte> data) => new(Utf8Serde.Instance.Deserialize(data));
    }
}
