using StreamFlow.Measuring;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

public sealed class RocksDbBackendTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_applies_to_several_stores_what_Get_then_finds()
    {
        using var backend = Open(_folder.Path, "a", "b");
        var batch = new StoreBatch();
        batch.Put(0, Bytes("k"), Bytes("in a"));
        batch.Put(1, Bytes("k"), Bytes("in b"));
        batch.Put(1, Bytes("gone"), Bytes("x"));
        batch.Delete(1, Bytes("gone"));
        backend.Write(batch);

        Assert.Equal(["a", "b"], backend.Stores.Select(store => store.Name));
        Assert.Equal("in a", backend.Stores[0].Get("k"));
        Assert.Equal("in b", backend.Stores[1].Get("k"));
        Assert.Null(backend.Stores[1].Get("gone"));
        Assert.Null(backend.Stores[0].Get("other"));
    }

    [Fact]
    public void Keys_and_values_may_be_empty_zero_or_large()
    {
        using var backend = Open(_folder.Path, "a");
        byte[][] keys = [[], [0], [0, 0], [1], [2], [0xFF], [0xFF, 0xFF, 0xFF], new byte[100_000]];
        var batch = new StoreBatch();
        foreach (var key in keys)
        {
            batch.Put(0, key, new byte[key.Length * 3]);
        }

        batch.SetChangelogOffset(0, 5);
        backend.Write(batch);

        Assert.All(keys, key => Assert.Equal(key.Length * 3, backend.Stores[0].Get(key)?.Length));
        using var all = backend.Stores[0].Range([], []);
        List<byte[]> seen = [];
        while (all.MoveNext())
        {
            seen.Add(all.Key.ToArray());
        }

        Assert.Equal(keys.Order(Comparer<byte[]>.Create(StoreModel.Compare)), seen);
    }

    [Theory]
    [InlineData("", "", "a=1 b=2 c=3 d=4")]
    [InlineData("b", "", "b=2 c=3 d=4")]
    [InlineData("", "c", "a=1 b=2")]
    [InlineData("b", "d", "b=2 c=3")]
    [InlineData("bb", "cc", "c=3")]
    [InlineData("x", "", "")]
    [InlineData("c", "c", "")]
    [InlineData("d", "b", "")]
    public void Range_keeps_to_its_bounds_both_ways(string from, string to, string expected)
    {
        using var backend = Open(_folder.Path, "a");
        foreach (var (key, value) in new[] { ("c", "3"), ("a", "1"), ("d", "4"), ("b", "2") })
        {
            backend.Put(0, key, value, offset: 1);
        }

        Assert.Equal(expected, backend.Stores[0].Read(from, to));
        Assert.Equal(
            string.Join(' ', expected.Split(' ').Reverse()), backend.Stores[0].Read(from, to, reverse: true));
    }

    [Fact]
    public void Range_shows_the_store_as_it_was_when_it_was_opened()
    {
        using var backend = Open(_folder.Path, "a");
        backend.Put(0, "a", "1");
        using var entries = backend.Stores[0].Range([], []);
        backend.Put(0, "a", "2");
        backend.Put(0, "b", "3");

        Assert.True(entries.MoveNext());
        Assert.Equal("1", Text(entries.Value));
        Assert.False(entries.MoveNext());
        Assert.False(entries.MoveNext());
        Assert.Throws<InvalidOperationException>(() => entries.Key.Length);
        Assert.Equal("a=2 b=3", backend.Stores[0].Read());
    }

    [Fact]
    public void DeleteRange_comes_before_the_puts_of_its_batch_and_spares_the_offset()
    {
        using var backend = Open(_folder.Path, "a");
        backend.Put(0, "a", "1", offset: 7);
        backend.Put(0, "b", "2");
        backend.Put(0, "c", "3");
        var batch = new StoreBatch();
        batch.Put(0, Bytes("b"), Bytes("new"));
        batch.DeleteRange(0, Bytes("b"), []);
        batch.DeleteRange(0, Bytes("z"), Bytes("a"));
        batch.Sort();
        backend.Write(batch);

        Assert.Equal("a=1 b=new", backend.Stores[0].Read());
        Assert.True(backend.TryGetChangelogOffset(0, out var offset));
        Assert.Equal(7, offset);
    }

    [Fact]
    public void TryGetChangelogOffset_of_a_new_store_is_false()
    {
        using var backend = Open(_folder.Path, "a");
        backend.Put(0, "k", "v");

        Assert.False(backend.TryGetChangelogOffset(0, out _));
    }

    [Fact]
    public void Open_again_finds_data_and_offsets_by_name_whatever_the_order()
    {
        using (var backend = Open(_folder.Path, "default", "b", "dropped"))
        {
            backend.Put(0, "k", "in default", offset: 3);
            backend.Put(1, "k", "in b", offset: 4);
        }

        using var again = Open(_folder.Path, "b", "new", "default");

        Assert.Equal("in b", again.Stores[0].Get("k"));
        Assert.Null(again.Stores[1].Get("k"));
        Assert.Equal("in default", again.Stores[2].Get("k"));
        Assert.True(again.TryGetChangelogOffset(0, out var b));
        Assert.False(again.TryGetChangelogOffset(1, out _));
        Assert.True(again.TryGetChangelogOffset(2, out var first));
        Assert.Equal((4, 3), (b, first));
    }

    [Fact]
    public void Write_to_a_store_that_is_not_there_names_the_index_and_applies_nothing()
    {
        using var backend = Open(_folder.Path, "a");
        var batch = new StoreBatch();
        batch.Put(0, Bytes("k"), Bytes("v"));
        batch.Put(1, Bytes("k"), Bytes("v"));

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => backend.Write(batch));

        Assert.Contains("Task 0_1 has 1 stores", error.Message, StringComparison.Ordinal);
        Assert.Null(backend.Stores[0].Get("k"));
    }

    [Fact]
    public void ApproximateCount_of_distinct_keys_is_exact_until_they_are_overwritten()
    {
        using var backend = Open(_folder.Path, "a");
        Assert.Equal(0, backend.Stores[0].ApproximateCount);
        var batch = new StoreBatch();
        for (var i = 0; i < 100; i++)
        {
            batch.Put(0, BitConverter.GetBytes(i), [1]);
        }

        batch.SetChangelogOffset(0, 100);
        backend.Write(batch);

        Assert.Equal(100, backend.Stores[0].ApproximateCount);
    }

    /// <summary>The engine measures stores by RocksDB's own names: each must be there, also when the database is closed meanwhile.</summary>
    [Fact]
    public void Statistic_knows_all_that_is_measured_and_nothing_once_it_is_closed()
    {
        var backend = Open(_folder.Path, "a");
        backend.Put(0, "k", "v");
        var store = backend.Stores[0];

        Assert.DoesNotContain(StoreStatistics.All, statistic => store.Statistic(statistic.Name) is null);
        Assert.True(store.Statistic("rocksdb.cur-size-all-mem-tables") > 0);
        Assert.Null(store.Statistic("rocksdb.no-such-thing"));
        backend.Dispose();
        Assert.All(StoreStatistics.All, statistic => Assert.Null(store.Statistic(statistic.Name)));
    }

    [Fact]
    public void Open_with_one_name_twice_says_so()
    {
        var error = Assert.Throws<ArgumentException>(() => Open(_folder.Path, "a", "a"));

        Assert.Contains("two stores named 'a'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_of_more_than_the_shared_budget_goes_to_disk_by_itself()
    {
        // The memtable alone would hold everything; only the budget makes it flush.
        var factory = new RocksDbBackendFactory(
            new RocksDbOptions { MemtableBytes = 1 << 20, WriteBufferBytes = 1 << 20, BlockCacheBytes = 1 << 20 });
        using var backend = factory.Open(Backends.TaskId, _folder.Path, ["a", "b", "c", "d"]);
        var tablesOfNewDatabase = Directory.GetFiles(_folder.Database, "*.sst").Length;
        var batch = new StoreBatch();
        for (var i = 0; i < 300; i++)
        {
            batch.Clear();
            batch.Put(i % 4, BitConverter.GetBytes(i), new byte[10_000]);
            backend.Write(batch);
        }

        Assert.True(
            SpinWait.SpinUntil(
                () => Directory.GetFiles(_folder.Database, "*.sst").Length > tablesOfNewDatabase, TimeSpan.FromSeconds(30)),
            "nothing was written to disk");
        Assert.InRange(factory.WriteBufferBytes, 1, 8 << 20);
    }

    /// <summary>Else each write of the others would put a crumb on disk, for as long as the idle one holds the memory.</summary>
    [Fact]
    public void Database_that_holds_most_is_written_to_disk_even_while_it_is_idle()
    {
        using var other = new TempFolder();
        var factory = new RocksDbBackendFactory(
            new RocksDbOptions { MemtableBytes = 4 << 20, WriteBufferBytes = 8 << 20, BlockCacheBytes = 1 << 20 });
        using var idle = factory.Open(Backends.TaskId, _folder.Path, ["a"]);
        using var busy = factory.Open(Backends.TaskId, other.Path, ["a"]);
        var (tablesOfIdle, tablesOfBusy) = (Tables(_folder), Tables(other));
        for (var i = 0; i < 300; i++)
        {
            idle.Put(0, $"{i}", new string('x', 10_000));
        }

        Assert.Equal(tablesOfIdle, Tables(_folder));
        for (var i = 0; Tables(_folder) == tablesOfIdle && i < 8000; i++)
        {
            busy.Put(0, $"{i % 100}", new string('x', 1000));
        }

        Assert.True(
            SpinWait.SpinUntil(() => Tables(_folder) > tablesOfIdle, TimeSpan.FromSeconds(30)), "the idle one keeps its memory");
        Assert.InRange(Tables(other), tablesOfBusy, tablesOfBusy + 3);

        static int Tables(TempFolder folder) => Directory.GetFiles(folder.Database, "*.sst").Length;
    }

    [Fact]
    public void TryGet_allocates_nothing()
    {
        using var backend = Open(_folder.Path, "a");
        backend.Put(0, "key", "value", offset: 1);
        var store = backend.Stores[0];
        var (present, absent) = (Bytes("key"), Bytes("other"));
        var value = new System.Buffers.ArrayBufferWriter<byte>(64);
        long allocated = 0;
        for (var i = 0; i < 100; i++)
        {
            value.ResetWrittenCount();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(store.TryGet(present, value) && !store.TryGet(absent, value));
            // The first calls resolve entry points.
            allocated += i < 10 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }
}
