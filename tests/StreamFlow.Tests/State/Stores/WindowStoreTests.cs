using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class WindowStoreTests
{
    private const long Retention = 300_000;
    private const long Segment = Retention / 2;
    private readonly StoreHarness _harness = new(() => NewStore());

    private WindowStore<string, long> Store => (WindowStore<string, long>)_harness.Store;

    [Fact]
    public void Commit_logs_key_start_and_sequence_number_and_stores_the_segment_before_them()
    {
        Put("k", 0, 97, timestamp: 5);
        Put("k", Segment + 10, 98, timestamp: 15);
        _harness.Commit();
        Delete("k", Segment + 10, timestamp: 16);
        _harness.Commit();

        Assert.Equal(
            [
                "key=6b000000000000000000000000 val=0000000000000061 ts=5",
                $"key=6b{Segment + 10:x16}00000000 val=0000000000000062 ts=15",
                $"key=6b{Segment + 10:x16}00000000 val=null ts=16",
            ],
            _harness.Changelog.Records.Select(r => r.ToString()));
        var stored = _harness.Dump();
        Assert.Equal("00000000000000050000000000000061", stored[$"{0:x16}6b000000000000000000000000"]);
        Assert.Equal($"{Segment + 10:x16}", stored["ff"]);
        Assert.Equal(2, stored.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Changelog_has_the_bytes_that_kafka_streams_writes(bool timestamped)
    {
        var harness = new StoreHarness(
            () => new WindowStore<string, string>(
                "s", Utf8Serde.Instance, Utf8Serde.Instance, timestamped, 10, Retention));
        foreach (var (start, value, timestamp) in new[] { (0L, "a", 5L), (10, "b", 15), (10, null, 16) })
        {
            var store = (WindowStore<string, string>)harness.Store;
            store.Set(ref store.Find("k", start), value!, value is not null, timestamp, headers: null);
            harness.Commit();
        }

        // Recorded from Apache Kafka Streams 4.3.1 with a window store of 10 ms windows.
        Assert.Equal(
            [
                "key=6b000000000000000000000000 val=61 ts=5",
                "key=6b000000000000000a00000000 val=62 ts=15",
                "key=6b000000000000000a00000000 val=null ts=16",
            ],
            harness.Changelog.Records.Select(r => r.ToString()));
    }

    [Fact]
    public void Window_is_readable_until_it_starts_a_retention_before_the_latest()
    {
        Put("k", 1_000, 1);
        Put("other", 1_000 + Retention - 1, 2);
        Assert.True(Store.TryFetch("k", 1_000, out _));
        Assert.Equal(2, Store.All().Count());

        Put("other", 1_000 + Retention, 3);

        Assert.False(Store.TryFetch("k", 1_000, out _));
        Assert.Equal([1_000 + Retention - 1, 1_000 + Retention], Store.All().Select(p => p.Key.Window.Start));
        Assert.Empty(Store.Fetch("k", 0, long.MaxValue));
    }

    [Fact]
    public void Write_to_an_expired_window_is_refused_and_reported()
    {
        Put("k", Retention, 1);

        ref var entry = ref Store.Find("k", 0);
        Assert.False(Store.Set(ref entry, 9, hasValue: true, 1, headers: null));
        _harness.Commit();

        Assert.Equal(["expired"], _harness.Dropped);
        Assert.Single(_harness.Changelog.Records);
        Assert.False(Store.Find("k", 0).HasValue);
    }

    [Fact]
    public void Window_that_expires_before_the_flush_is_still_forwarded_and_logged_but_not_stored()
    {
        var listener = new Recorder();
        Store.FlushListener = listener;
        Put("k", 0, 1, timestamp: 7);
        Put("k", 10 * Retention, 2, timestamp: 8);
        _harness.Commit();

        Assert.Equal(["k@0: 1 @7", $"k@{10 * Retention}: 2 @8"], listener.Seen);
        Assert.Equal(2, _harness.Changelog.Records.Count);
        Assert.Equal(2, _harness.Dump().Count);
        Assert.Equal(0, _harness.Budget.DirtyBytes);
    }

    [Fact]
    public void Expired_segments_leave_the_byte_store()
    {
        for (var start = 0L; start <= 20 * Segment; start += Segment / 3)
        {
            Put("a", start, start);
            Put("b", start, start);
            if (start % 2 == 0)
            {
                _harness.Commit();
            }
        }

        Put("a", 20 * Segment + 1, 1);
        _harness.Commit();
        Put("a", 20 * Segment + 2, 1);
        _harness.Commit();

        var live = 20 * Segment + 2 - Retention + 1;
        Assert.All(
            _harness.Dump().Keys.Where(k => k != "ff"),
            k => Assert.True(Convert.ToInt64(k[..16], 16) >= live / Segment, k));
        Assert.Equal(2, Store.FetchAll(live, live + (Segment / 3)).Count());
    }

    /// <summary>However many rows a segment has, and however many are live, it costs one change of the batch and no look at any.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public void Expiry_of_a_segment_is_one_removal_of_a_range_and_reads_nothing(int rows)
    {
        for (var segment = 0; segment < 3; segment++)
        {
            for (var i = 0; i < rows; i++)
            {
                Put($"{i}", segment * Segment, i);
            }

            _harness.Commit();
        }

        var (scans, reads) = (_harness.Scans, _harness.Reads);
        Store.Put("new", 4 * Segment, 1, 0, headers: null);
        _harness.Flush();

        Assert.Equal((scans, reads), (_harness.Scans, _harness.Reads));
        var changes = Enumerable.Range(0, _harness.Batch.Count).Select(i => _harness.Batch[i].Kind);
        Assert.Equal([StoreChangeKind.DeleteRange, StoreChangeKind.Put, StoreChangeKind.Put], changes);
        _harness.WriteBatch();
        Store.Committed();
        Assert.Equal(rows + 2, _harness.Dump().Count);
    }

    [Fact]
    public void Windows_filled_and_expired_within_one_batch_leave_with_the_next()
    {
        Put("k", 0, 1);
        Store.Flush();
        Put("k", 10 * Retention, 2);
        _harness.Commit();
        Put("k", (10 * Retention) + 1, 3);
        _harness.Commit();

        Assert.DoesNotContain(_harness.Dump().Keys, k => k.StartsWith($"{0:x16}", StringComparison.Ordinal));
        Assert.Equal([2L, 3], Store.All().Select(p => p.Value.Value));
    }

    [Fact]
    public void Rollback_takes_the_stream_time_back()
    {
        Put("k", 0, 1);
        _harness.Commit();
        Put("k", 10 * Retention, 2);
        Store.Flush();
        Assert.False(Store.TryFetch("k", 0, out _));

        _harness.Rollback();

        Assert.Equal(0, Store.StreamTime);
        Assert.True(Store.TryFetch("k", 0, out var value));
        Assert.Equal(1, value);
        _harness.Commit();
        Assert.Equal(2, _harness.Dump().Count);
    }

    [Fact]
    public void Stream_time_survives_reopening_even_when_its_window_was_deleted()
    {
        Put("k", 0, 1);
        Put("k", Retention, 2);
        Delete("k", Retention, 3);
        _harness.Commit();

        _harness.Reopen();

        Assert.Equal(Retention, Store.StreamTime);
        Assert.False(Store.TryFetch("k", 0, out _));
        Assert.Empty(Store.All());
    }

    [Fact]
    public void Restore_leaves_expired_windows_out_and_removes_those_that_expire_on_the_way()
    {
        for (var start = 0L; start < 30 * Segment; start += Segment / 2)
        {
            Put("k", start, start);
            _harness.Commit();
        }

        _harness.Restore(recordsPerBatch: 7);
        var streamTime = Store.StreamTime;

        // What a batch fills and lets expire waits for the next removal, so there may be as many segments more.
        var firstLive = (streamTime - Retention + 1) / Segment;
        Assert.All(
            _harness.Dump().Keys.Where(key => !key.StartsWith("ff", StringComparison.Ordinal)),
            key => Assert.InRange(Convert.ToInt64(key[..16], 16), firstLive - 4, long.MaxValue));
        Put("k", streamTime + Segment, 1);
        _harness.Commit();

        Assert.Equal((30 * Segment) - (Segment / 2), streamTime);
        Assert.InRange(_harness.Dump().Count, 3, 8);
        Assert.Equal(3, Store.All().Count());
    }

    [Fact]
    public void Restore_of_a_key_too_short_for_a_window_names_the_store_and_the_offset()
    {
        _harness.Changelog.Records.Add(new LoggedRecord([1, 2, 3], [1], 0, null));

        // The harness takes back what is not committed, so commit the foreign record first.
        _harness.WriteBatch();
        var error = Assert.Throws<StateStoreException>(() => _harness.Restore(recordsPerBatch: 1));

        Assert.Contains("store 's'", error.Message, StringComparison.Ordinal);
        Assert.Contains("offset 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fetch_of_a_key_does_not_show_keys_that_begin_alike()
    {
        Put("k", 10, 1);
        Put("kk", 10, 2);
        Put("k\0\0\0\0\0\0\0\0\0\0\0\0", 10, 3);
        _harness.Commit();
        Put("k", 20, 4);

        Assert.Equal([1L, 4], Store.Fetch("k", 0, 100).Select(p => p.Value.Value));
        Assert.Equal([4L, 1], Store.Fetch("k", 0, 100, reverse: true).Select(p => p.Value.Value));
        Assert.Equal([2L], Store.Fetch("kk", 0, 100).Select(p => p.Value.Value));
    }

    [Fact]
    public void Find_of_a_negative_start_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Store.TryFetch("k", -1, out _));

    [Fact]
    public void Find_and_set_of_a_cached_window_allocate_nothing()
    {
        for (var i = 0; i < 200; i++)
        {
            Put("hot", 60_000, i);
        }

        var (allocated, rounds) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                ref var entry = ref Store.Find("hot", 60_000);
                Store.Set(ref entry, entry.Value + 1, hasValue: true, i, headers: null);
            }
        });

        Assert.Equal(0, allocated);
        Assert.Equal(199 + (rounds * 10_000), Store.Find("hot", 60_000).Value);
    }

    private static WindowStore<string, long> NewStore() =>
        new("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true, windowSizeMs: 60_000, Retention);

    private void Put(string key, long start, long value, long timestamp = 1) =>
        Assert.True(Store.Set(ref Store.Find(key, start), value, hasValue: true, timestamp, headers: null));

    private void Delete(string key, long start, long timestamp) =>
        Assert.True(Store.Set(ref Store.Find(key, start), default, hasValue: false, timestamp, headers: null));

    private sealed class Recorder : FlushListener<WindowKey<string>, long>
    {
        public List<string> Seen { get; } = [];

        public override void Flushed(
            in WindowKey<string> key, in Change<long> change, long timestamp, Headers? headers) =>
            Seen.Add($"{key.Key}@{key.Start}: {change.New} @{timestamp}");
    }
}
