using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class CacheBudgetTests
{
    [Fact]
    public void CommitDue_when_dirty_entries_outgrow_the_cache()
    {
        var budget = new CacheBudget(maxCacheBytes: 100, maxUncommittedBytes: 1000);
        budget.AddDirty(100);
        Assert.False(budget.CommitDue);
        budget.AddDirty(1);
        Assert.True(budget.CommitDue);
    }

    [Fact]
    public void CommitDue_without_a_record_cache_only_at_the_uncommitted_limit()
    {
        var budget = new CacheBudget(maxCacheBytes: 0, maxUncommittedBytes: 1000);
        budget.AddDirty(1000);
        Assert.False(budget.CommitDue);
        budget.AddDirty(1);
        Assert.True(budget.CommitDue);
    }

    [Fact]
    public void Clean_entries_are_evicted_down_to_the_limit_and_dirty_ones_stay()
    {
        var budget = new CacheBudget(maxCacheBytes: 60_000, maxUncommittedBytes: 1 << 30, minCleanBytes: 20_000);
        var (store, batch, backend) = Open(budget);
        Fill(store, 0, 1000);
        Commit(store, batch, backend);
        Assert.InRange(budget.CleanBytes, 1, 60_000);

        Fill(store, 2000, 2600);
        var dirty = budget.DirtyBytes;
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(i, store.Find($"{i}").Value[0] + (256 * store.Find($"{i}").Value[1]));
        }

        Assert.Equal(dirty, budget.DirtyBytes);
        Assert.True(dirty > 60_000);
        Assert.InRange(budget.CleanBytes, 1, budget.CleanLimit + 500);
        Assert.Equal(20_000, budget.CleanLimit);
        for (var i = 2000; i < 2600; i++)
        {
            Assert.True(store.Find($"{i}").IsDirty);
        }

        Commit(store, batch, backend);
        Assert.Equal(0, budget.DirtyBytes);
        Assert.InRange(budget.CleanBytes, 1, 60_000);
    }

    [Fact]
    public void Entries_in_use_outlive_those_read_once()
    {
        var budget = new CacheBudget(maxCacheBytes: 40_000, maxUncommittedBytes: 1 << 30, minCleanBytes: 0);
        var (store, batch, backend) = Open(budget);
        Fill(store, 0, 2000);
        Commit(store, batch, backend);
        var reads = 0;
        for (var i = 0; i < 2000; i++)
        {
            store.Find($"{i}");
            var before = store.CachedCount;
            store.Find("hot");
            reads += store.CachedCount == before ? 0 : 1;
        }

        Assert.InRange(reads, 0, 3);
    }

    [Fact]
    public void Store_that_closes_gives_everything_back()
    {
        var budget = new CacheBudget(maxCacheBytes: 1 << 20, maxUncommittedBytes: 1 << 30);
        var (store, batch, backend) = Open(budget);
        Fill(store, 0, 100);
        Commit(store, batch, backend);
        Fill(store, 50, 150);
        Assert.True(budget.DirtyBytes > 0 && budget.CleanBytes > 0);

        store.Close();

        Assert.Equal((0, 0), (budget.DirtyBytes, budget.CleanBytes));
    }

    [Fact]
    public void Store_that_closes_leaves_its_share_to_the_others()
    {
        var budget = new CacheBudget(maxCacheBytes: 100_000, maxUncommittedBytes: 1 << 30, minCleanBytes: 0);
        var (first, _, _) = Open(budget);
        Open(budget);
        budget.AddClean(100_001);
        Assert.True(budget.MustEvict(60_000));

        first.Close();
        first.Close();

        Assert.False(budget.MustEvict(60_000));
        Assert.True(budget.MustEvict(100_001));
    }

    [Fact]
    public void Large_store_leaves_a_small_one_its_share()
    {
        var budget = new CacheBudget(maxCacheBytes: 100_000, maxUncommittedBytes: 1 << 30, minCleanBytes: 0);
        var (large, largeBatch, largeBackend) = Open(budget);
        var (small, smallBatch, smallBackend) = Open(budget);
        Fill(large, 0, 3000);
        Commit(large, largeBatch, largeBackend);
        Fill(small, 0, 100);
        Commit(small, smallBatch, smallBackend);
        for (var i = 0; i < 3000; i++)
        {
            large.Find($"{i}");
        }

        Assert.Equal(100, small.CachedCount);
        Assert.InRange(budget.CleanBytes, 1, 100_500);
    }

    [Fact]
    public void Size_is_that_of_the_values_before_they_are_flushed()
    {
        var budget = new CacheBudget(maxCacheBytes: 1 << 20, maxUncommittedBytes: 1 << 30);
        var (store, batch, backend) = Open(budget);
        store.Set(ref store.Find("k"), new byte[10_000], hasValue: true, 1, headers: null);
        Assert.InRange(budget.DirtyBytes, 10_000, 10_200);
        store.Flush();
        Assert.InRange(budget.DirtyBytes, 10_000, 10_200);
        Commit(store, batch, backend);
        Assert.True(budget.CleanBytes > 10_000);
        Assert.Equal(0, budget.DirtyBytes);
    }

    private static (KeyValueStore<string, byte[]> Store, StoreBatch Batch, IStoreBackend Backend) Open(CacheBudget budget)
    {
        var store = new KeyValueStore<string, byte[]>("s", Utf8Serde.Instance, BytesSerde.Instance, timestamped: true);
        var backend = new InMemoryBackend(["s"]);
        var batch = new StoreBatch();
        store.Open(new StateStoreContext
        {
            Bytes = backend.Stores[0],
            Index = 0,
            Batch = batch,
            Budget = budget,
            Dropped = reason => Assert.Fail(reason),
        });
        return (store, batch, backend);
    }

    private static void Fill(KeyValueStore<string, byte[]> store, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var value = new byte[60];
            (value[0], value[1]) = ((byte)i, (byte)(i >> 8));
            store.Set(ref store.Find($"{i}"), value, hasValue: true, i, headers: null);
        }
    }

    private static void Commit(KeyValueStore<string, byte[]> store, StoreBatch batch, IStoreBackend backend)
    {
        store.Flush();
        batch.Sort();
        backend.Write(batch);
        batch.Clear();
        store.Committed();
    }
}
