using System.Globalization;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using StreamFlow.TestSupport;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

/// <summary>Batches that fill a store: written as files, and yet nothing but batches.</summary>
public sealed class BulkTablesTests : IDisposable
{
    private const int ValueBytes = 4096;
    private readonly TempFolder _folder = new();
    private readonly StoreModel _model = new();
    private readonly StoreBatch _batch = new() { IsBulk = true };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bulk_batch_survives_a_crash_at_once_with_its_offset()
    {
        using var backend = Open(_folder.Path, "a", "b");
        backend.Put(1, "k", "only in memory", offset: 3);
        Fill(backend, from: 0, count: 600, offset: 600);

        using var copy = _folder.Copy();
        using var recovered = Open(copy.Path, "a", "b");

        Assert.True(recovered.TryGetChangelogOffset(0, out var offset));
        Assert.Equal(600, offset);
        _model.AssertHeldBy(recovered.Stores[0], [], [], reverse: false, "after the crash");
        Assert.False(recovered.TryGetChangelogOffset(1, out _));
    }

    [Fact]
    public void A_bulk_batch_is_newer_than_what_the_memtable_had()
    {
        using var backend = Open(_folder.Path, "a");
        Put(backend, Key(5), "old"u8.ToArray(), offset: 1);
        Fill(backend, from: 0, count: 600, offset: 600);

        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: false, "bulk over memtable");
        Assert.True(backend.TryGetChangelogOffset(0, out var offset));
        Assert.Equal(600, offset);
    }

    [Fact]
    public void A_small_batch_after_it_is_newer_again()
    {
        using var backend = Open(_folder.Path, "a");
        Fill(backend, from: 0, count: 600, offset: 600);
        Put(backend, Key(5), "new"u8.ToArray(), offset: 601);

        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: true, "memtable over bulk");
    }

    [Fact]
    public void Range_removals_concern_older_data_only()
    {
        using var backend = Open(_folder.Path, "a");
        Fill(backend, from: 0, count: 600, offset: 600);
        _batch.Clear();
        _batch.DeleteRange(0, Key(100), Key(500));
        _batch.DeleteRange(0, Key(550), []);
        _model.DeleteRange(Key(100), Key(500));
        _model.DeleteRange(Key(550), []);
        Fill(backend, from: 200, count: 300, offset: 900);

        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: false, "ranges in bulk");
    }

    /// <summary>Each file overlaps the ones before, so that they can only be merged, not moved.</summary>
    [Fact]
    public void Files_are_merged_when_the_store_is_full_not_while_it_is_being_filled()
    {
        using var backend = (RocksDbBackend)Open(_folder.Path, "a");
        for (var i = 1; i <= 12; i++)
        {
            Fill(backend, from: 0, count: 600, offset: i * 600);
            Assert.False(backend.IsMerging(0), $"after {i} files");
        }

        var files = Files();
        Assert.InRange(files, 12, 14);
        Put(backend, Key(5), "new"u8.ToArray(), offset: 12 * 600 + 1);

        Assert.True(SpinWait.SpinUntil(() => Files() <= files - 4, TimeSpan.FromSeconds(20)), $"{Files()} of {files} files");
        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: false, "merged");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_bulk_and_small_batches_leave_what_a_sorted_map_holds(int seed)
    {
        var random = new Random(seed);
        var backend = Open(_folder.Path, "a");
        try
        {
            for (var step = 0; step < 40; step++)
            {
                var isBulk = random.Next(2) == 0;
                _batch.Clear();
                if (random.Next(3) == 0)
                {
                    var (from, to) = (Key(random.Next(900)), Key(random.Next(900)));
                    _batch.DeleteRange(0, from, to);
                    _model.DeleteRange(from, to);
                }

                for (var i = 0; i < (isBulk ? 400 : 20); i++)
                {
                    Change(random);
                }

                Write(backend, offset: step);
                if (random.Next(8) == 0)
                {
                    backend.Dispose();
                    backend = Open(_folder.Path, "a");
                }

                Assert.True(backend.TryGetChangelogOffset(0, out var offset));
                Assert.Equal(step, offset);
                _model.AssertHeldBy(backend.Stores[0], [], [], random.Next(2) == 0, $"seed {seed}, step {step}");
            }
        }
        finally
        {
            backend.Dispose();
        }
    }

    [Fact]
    public void A_batch_that_touches_several_stores_goes_the_usual_way()
    {
        using var backend = Open(_folder.Path, "a", "b");
        _batch.Put(1, Key(0), new byte[ValueBytes]);
        Fill(backend, from: 0, count: 600, offset: 600);

        Assert.Equal(ValueBytes, backend.Stores[1].Get(Key(0))?.Length);
        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: false, "two stores");
    }

    [Fact]
    public void What_a_crash_left_beside_the_database_is_removed()
    {
        var left = Path.Combine(_folder.Path, "rocksdb.bulk");
        File.WriteAllText(left, "half a file");

        using var backend = Open(_folder.Path, "a");
        Assert.False(File.Exists(left));
        Fill(backend, from: 0, count: 600, offset: 600);
        Assert.False(File.Exists(left));
    }

    [SkippableFact]
    public void A_full_disk_says_so_and_applies_nothing()
    {
        using var disk = SmallDisk.TryMount(3 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        using var backend = Open(disk.Folder, "a");
        Fill(backend, from: 0, count: 300, offset: 300);
        File.WriteAllBytes(Path.Combine(disk.Folder, "filler"), new byte[1 << 20]);

        var error = Assert.Throws<StateStoreException>(() => Fill(backend, from: 300, count: 600, offset: 900, apply: false));

        Assert.Equal(RocksDbErrorKind.DiskFull, Assert.IsType<RocksDbException>(error.InnerException).Kind);
        Assert.True(backend.TryGetChangelogOffset(0, out var offset));
        Assert.Equal(300, offset);
        _model.AssertHeldBy(backend.Stores[0], [], [], reverse: false, "full disk");
    }

    private int Files() => Directory.GetFiles(_folder.Database, "*.sst").Length;

    private static byte[] Key(int number) => Bytes(number.ToString("D5", CultureInfo.InvariantCulture));

    private void Change(Random random)
    {
        var key = Key(random.Next(900));
        if (random.Next(5) == 0)
        {
            _batch.Delete(0, key);
            _model.Delete(key);
            return;
        }

        var value = new byte[ValueBytes];
        random.NextBytes(value);
        _batch.Put(0, key, value);
        _model.Put(key, value);
    }

    private void Fill(IStoreBackend backend, int from, int count, long offset, bool apply = true)
    {
        var random = new Random(from);
        for (var i = count - 1; i >= 0; i--)
        {
            var value = new byte[ValueBytes];
            random.NextBytes(value);
            _batch.Put(0, Key(from + i), value);
            if (apply)
            {
                _model.Put(Key(from + i), value);
            }
        }

        Write(backend, offset);
    }

    private void Put(IStoreBackend backend, byte[] key, byte[] value, long offset)
    {
        _batch.Clear();
        _batch.Put(0, key, value);
        _model.Put(key, value);
        Write(backend, offset);
    }

    private void Write(IStoreBackend backend, long offset)
    {
        _batch.SetChangelogOffset(0, offset);
        _batch.Sort();
        backend.Write(_batch);
        _batch.Clear();
    }
}
