using System.Buffers;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What keys, scans and sizes cost.</summary>
public class OverlayTests
{
    [Fact]
    public void A_lookup_serializes_a_composite_key_once()
    {
        var keys = new PairSerde();
        var harness = new StoreHarness(
            () => new WindowStore<Pair, long>("s", keys, BigEndianSerde.Instance, timestamped: true, 60_000, 600_000));
        var store = (WindowStore<Pair, long>)harness.Store;
        Set(store, new Pair("a", 1), 1_000);
        Assert.Equal(1, keys.Written);

        Set(store, new Pair("a", 1), 1_000);
        Assert.Equal(2, keys.Written);

        harness.Commit();
        Assert.Equal(2, keys.Written);

        store.Find(new Pair("b", 2), 1_000);
        Assert.Equal(3, keys.Written);
    }

    [Fact]
    public void A_scan_leaves_nothing_behind_that_a_write_has_to_maintain()
    {
        var keys = new PairSerde();
        var harness = new StoreHarness(
            () => new KeyValueStore<long, long>("s", new CountingLong(keys), BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<long, long>)harness.Store;
        store.Set(ref store.Find(1), 1, hasValue: true, 0, headers: null);
        Assert.Single(store.All());
        var before = keys.Written;
        for (var i = 0L; i < 100; i++)
        {
            store.Set(ref store.Find(i), 1, hasValue: true, 0, headers: null);
        }

        // One serialization for each key that is looked up; none for an order.
        Assert.Equal(100, keys.Written - before);
        Assert.Equal(100, store.All().Count());
    }

    [Fact]
    public void A_blind_put_reads_nothing_and_still_tells_what_was_there()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true));
        var store = (KeyValueStore<string, long>)harness.Store;
        store.Put("a", 1, hasValue: true, 1, headers: null);
        harness.Commit();
        harness.Reopen();
        store = (KeyValueStore<string, long>)harness.Store;
        var listener = new Changes();
        store.FlushListener = listener;
        var reads = harness.Reads;
        store.Put("a", 2, hasValue: true, 2, headers: null);
        store.Put("b", 3, hasValue: true, 3, headers: null);
        store.Put("gone", 0, hasValue: false, 4, headers: null);
        Assert.Equal(reads, harness.Reads);
        harness.Commit();

        Assert.Equal(["a: 1->2", "b: ->3"], listener.Seen);
        Assert.Equal("a=2 b=3", string.Join(' ', store.All().Select(p => $"{p.Key}={p.Value.Value}")));
    }

    [Fact]
    public void A_value_that_grows_in_place_is_measured()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, new LinesSerde(), timestamped: true));
        var store = (KeyValueStore<string, List<string>>)harness.Store;
        for (var i = 1; i <= 3_000; i++)
        {
            ref var entry = ref store.Find("a");
            var list = entry.Value ?? [];
            list.Add(new string('x', 99));
            store.Set(ref entry, list, hasValue: true, 1, headers: null);
            Assert.True(harness.Budget.DirtyBytes >= 100 * i / 2, $"{harness.Budget.DirtyBytes} bytes after {i} writes.");
        }
    }

    [Fact]
    public void Values_of_which_each_is_written_once_count_for_what_they_are()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, List<string>>("s", Utf8Serde.Instance, new LinesSerde(), timestamped: true));
        var store = (KeyValueStore<string, List<string>>)harness.Store;
        for (var i = 0; i < 1_000; i++)
        {
            store.Put($"{i}", [new string('x', 10_000)], hasValue: true, 1, headers: null);
        }

        Assert.InRange(harness.Budget.DirtyBytes, 7_000_000, 13_000_000);
        harness.Flush();
        Assert.InRange(harness.Budget.DirtyBytes, 10_000_000, 10_500_000);
    }

    [Fact]
    public void Finds_writes_and_scans_of_known_keys_allocate_nothing()
    {
        var harness = new StoreHarness(
            () => new WindowStore<long, long>("s", BigEndianSerde.Instance, BigEndianSerde.Instance, timestamped: true, 60_000, 240_000));
        var store = (WindowStore<long, long>)harness.Store;
        for (var start = 0L; start < 240_000; start += 10_000)
        {
            for (var key = 0L; key < 20; key++)
            {
                store.Set(ref store.Find(in key, start), key, hasValue: true, start, headers: null);
            }
        }

        harness.Commit();
        var sum = Work(store);
        var (allocated, _) = SteadyAllocation.Measure(() =>
        {
            for (var round = 0; round < 10; round++)
            {
                sum += Work(store);
            }
        });

        Assert.Equal(0, allocated);
        Assert.True(sum > 0);
    }

    private static long Work(WindowStore<long, long> store)
    {
        var sum = 0L;
        for (var key = 0L; key < 20; key++)
        {
            for (var start = 0L; start < 240_000; start += 30_000)
            {
                ref var entry = ref store.Find(in key, start);
                store.Set(ref entry, entry.Value + 1, hasValue: true, start, headers: null);
            }

            // Three segments.
            using var scan = store.Scan(in key, 0, 240_000, reverse: key % 2 == 0);
            while (scan.MoveNext())
            {
                sum += scan.Value;
            }
        }

        return sum;
    }

    private static void Set(WindowStore<Pair, long> store, Pair key, long start) =>
        store.Set(ref store.Find(in key, start), 1, hasValue: true, start, headers: null);

    private sealed record Pair(string Name, int Number);

    private sealed class PairSerde : ISerde<Pair>
    {
        public int Written { get; set; }

        public void Serialize(Pair value, IBufferWriter<byte> writer)
        {
            Written++;
            Utf8Serde.Instance.Serialize($"{value.Name}/{value.Number}", writer);
        }

        public Pair Deserialize(ReadOnlySpan<byte> data)
        {
            var parts = Utf8Serde.Instance.Deserialize(data).Split('/');
            return new Pair(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private sealed class CountingLong(PairSerde counter) : ISerde<long>
    {
        public void Serialize(long value, IBufferWriter<byte> writer)
        {
            counter.Written++;
            BigEndianSerde.Instance.Serialize(value, writer);
        }

        public long Deserialize(ReadOnlySpan<byte> data) => BigEndianSerde.Instance.Deserialize(data);
    }

    private sealed class Changes : FlushListener<string, long>
    {
        public List<string> Seen { get; } = [];

        public override void Flushed(in string key, in StreamFlow.Records.Change<long> change, long timestamp, Headers? headers) =>
            Seen.Add($"{key}: {(change.HasOld ? change.Old : null)}->{(change.HasNew ? change.New : null)}");
    }
}
