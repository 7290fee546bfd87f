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
