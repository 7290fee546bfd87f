using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class StoreBatchTests
{
    [Fact]
    public void Sort_orders_by_store_and_key_and_keeps_the_last_change_of_a_key()
    {
        var batch = new StoreBatch();
        batch.Put(1, "a"u8, "1"u8);
        batch.Put(0, "b"u8, "2"u8);
        batch.Put(0, "a"u8, "3"u8);
        batch.Delete(0, "b"u8);
        batch.DeleteRange(1, "x"u8, "y"u8);

        batch.Sort();

        Assert.Equal(["DeleteRange 1 x y", "Put 0 a 3", "Delete 0 b ", "Put 1 a 1"], Changes(batch));
    }

    [Fact]
    public void Sort_again_after_more_changes_still_keeps_the_last_one()
    {
        var batch = new StoreBatch();
        for (var i = 0; i < 10; i++)
        {
            batch.Put(0, "k"u8, "old"u8);
        }

        batch.Sort();
        batch.Put(0, "k"u8, "new"u8);
        batch.Sort();

        Assert.Equal(["Put 0 k new"], Changes(batch));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 8)]
    [InlineData(3, 9)]
    [InlineData(4, 40)]
    public void Sort_orders_keys_of_any_length_as_unsigned_bytes(int seed, int longest)
    {
        var random = new Random(seed);
        var batch = new StoreBatch();
        var expected = new SortedDictionary<(int Store, string Key), int>(
            Comparer<(int Store, string Key)>.Create((a, b) =>
                a.Store != b.Store ? a.Store.CompareTo(b.Store) : string.CompareOrdinal(a.Key, b.Key)));
        for (var i = 0; i < 5000; i++)
        {
            // Few different bytes, zeros and shared beginnings among them, make prefixes of each other and equal keys.
            var key = new byte[random.Next(longest)];
            for (var at = 0; at < key.Length; at++)
            {
                key[at] = at < longest / 2 ? (byte)7 : (byte)(random.Next(4) * 85);
            }

            var store = random.Next(3);
            batch.Put(store, key, BitConverter.GetBytes(i));
            expected[(store, Encoding.Latin1.GetString(key))] = i;
        }

        batch.Sort();

        Assert.Equal(expected.Count, batch.Count);
        var position = 0;
        foreach (var ((store, key), value) in expected)
        {
            var change = batch[position++];
            Assert.Equal(store, change.Store);
            Assert.Equal(key, Encoding.Latin1.GetString(change.Key));
            Assert.Equal(value, BitConverter.ToInt32(change.Value));
        }
    }

    [Fact]
    public void Sort_keeps_range_removals_first_and_in_their_order()
    {
        var batch = new StoreBatch();
        for (var i = 0; i < 100; i++)
        {
            batch.Put(0, [(byte)(100 - i)], "v"u8);
            batch.DeleteRange(0, [(byte)i], [200]);
        }

        batch.Sort();

        Assert.Equal(200, batch.Count);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(StoreChangeKind.DeleteRange, batch[i].Kind);
            Assert.Equal(i, batch[i].Key[0]);
            Assert.Equal(i + 1, batch[100 + i].Key[0]);
        }
    }

    [Fact]
    public void A_batch_that_was_cleared_and_grew_again_holds_only_what_is_new()
    {
        var batch = new StoreBatch();
        for (var round = 0; round < 3; round++)
        {
            batch.Clear();
            for (var i = 0; i < 2000; i++)
            {
                batch.Put(0, BitConverter.GetBytes(i % 500), new byte[round + 20]);
            }

            batch.Sort();
            Assert.Equal(500, batch.Count);
            Assert.Equal(round + 20, batch[499].Value.Length);
        }
    }

    private static List<string> Changes(StoreBatch batch)
    {
        var changes = new List<string>();
        for (var i = 0; i < batch.Count; i++)
        {
            var change = batch[i];
            changes.Add(
                $"{change.Kind} {change.Store} {Encoding.UTF8.GetString(change.Key)} {Encoding.UTF8.GetString(change.Value)}");
        }

        return changes;
    }
}
