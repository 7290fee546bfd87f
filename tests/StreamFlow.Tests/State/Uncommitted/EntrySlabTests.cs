using System.Runtime.CompilerServices;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class EntrySlabTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Slab_behaves_like_a_dictionary(int seed)
    {
        var random = new Random(seed);
        var slab = new EntrySlab<long, long>(comparer: null);
        var model = new Dictionary<long, long>();
        for (var step = 0; step < 20_000; step++)
        {
            // Aligned keys, as starts of windows are, collide in a table that takes low bits.
            var key = random.Next(3_000) * 60_000L;
            ref var entry = ref slab.Find(key, slab.HashOf(key));
            Assert.Equal(model.TryGetValue(key, out var expected), !Unsafe.IsNullRef(ref entry));
            if (Unsafe.IsNullRef(ref entry))
            {
                var slot = slab.Add(key, slab.HashOf(key), keyBytes: null);
                slab[slot] = Entry(slot, step);
                model.Add(key, step);
            }
            else
            {
                Assert.Equal(expected, entry.Value);
                Assert.Equal(key, slab.Key(entry.Slot));
                if (random.Next(3) == 0)
                {
                    slab.Remove(entry.Slot);
                    model.Remove(key);
                }
            }

            Assert.Equal(model.Count, slab.Count);
        }
    }

    [Fact]
    public void Compact_gives_memory_back_and_keeps_what_is_there()
    {
        var slab = new EntrySlab<long, long>(comparer: null);
        for (var i = 0L; i < 5_000; i++)
        {
            var slot = slab.Add(i, slab.HashOf(i), keyBytes: null);
            slab[slot] = Entry(slot, i * 10);
        }

        Assert.False(slab.Compact());
        for (var i = 0L; i < 5_000; i++)
        {
            if (i % 100 != 7)
            {
                slab.Remove(slab.Find(i, slab.HashOf(i)).Slot);
            }
        }

        Assert.True(slab.Compact());
        Assert.InRange(slab.Capacity, 50, 128);
        for (var i = 0L; i < 5_000; i++)
        {
            ref var entry = ref slab.Find(i, slab.HashOf(i));
            Assert.Equal(i % 100 != 7, Unsafe.IsNullRef(ref entry));
            if (i % 100 == 7)
            {
                Assert.Equal(i * 10, entry.Value);
                Assert.Equal(i, slab.Key(entry.Slot));
            }
        }
    }

    [Fact]
    public void Hash_of_keys_spreads_over_the_low_and_high_bits()
    {
        var low = new HashSet<int>();
        var high = new HashSet<int>();
        for (var i = 0; i < 4_096; i++)
        {
            var hash = KeyHash.Of(BitConverter.GetBytes(i * 65_536L).AsSpan());
            low.Add(hash & 4_095);
            high.Add((int)((uint)hash >> 20));
        }

        // 4096 balls in 4096 boxes at random fill 63 %.
        Assert.InRange(low.Count, 2_400, 2_800);
        Assert.InRange(high.Count, 2_400, 2_800);
    }

    private static CacheEntry<long> Entry(int slot, long value)
    {
        var entry = CacheEntry<long>.Loaded(slot, keyBytes: 0);
        entry.Set(new StoredValue<long>(value, HasValue: true, Timestamp: 0, Headers: null));
        return entry;
    }
}
