using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class ByteTreeTests
{
    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Tree_behaves_like_a_sorted_dictionary_and_snapshots_do_not_change(int seed)
    {
        var random = new Random(seed);
        var tree = new ByteTree<int>();
        var model = new SortedDictionary<byte[], int>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        var snapshots = new List<(ByteTreeSnapshot<int> Tree, List<string> Expected)>();
        for (var step = 0; step < 6_000; step++)
        {
            var key = Key(random);
            switch (random.Next(100))
            {
                case < 70:
                    tree.Set(key, step);
                    model[key] = step;
                    break;
                case < 96:
                    Assert.Equal(model.Remove(key), tree.Remove(key));
                    break;
                case < 98:
                    var end = Key(random);
                    tree.RemoveRange(key, end);
                    foreach (var gone in model.Keys.Where(k => Between(k, key, end)).ToList())
                    {
                        model.Remove(gone);
                    }

                    break;
                default:
                    snapshots.Add((tree.Snapshot(), [.. model.Select(p => Text(p.Key, p.Value))]));
                    break;
            }

            Assert.Equal(model.Count, tree.Count);
        }

        CheckRanges(random, tree, model);
        foreach (var (snapshot, expected) in snapshots)
        {
            Assert.Equal(expected, Drain(snapshot.Range(default, default, reverse: false)));
            Assert.Equal(expected.Count, snapshot.Count);
        }
    }

    [Fact]
    public void Set_of_many_ascending_keys_finds_each_again()
    {
        var tree = new ByteTree<int>();
        for (var i = 0; i < 20_000; i++)
        {
            tree.Set([(byte)(i >> 8), (byte)i, (byte)(i * 7)], i);
        }

        var snapshot = tree.Snapshot();
        for (var i = 0; i < 20_000; i++)
        {
            Assert.True(snapshot.TryGet([(byte)(i >> 8), (byte)i, (byte)(i * 7)], out var item));
            Assert.Equal(i, item);
        }

        tree.RemoveRange([1], [2]);
        Assert.Equal(20_000 - 256, tree.Count);
    }

    [Fact]
    public void Reset_goes_back_to_the_snapshot()
    {
        var tree = new ByteTree<int>();
        tree.Set([1], 1);
        var before = tree.Snapshot();
        tree.Set([1], 2);
        tree.Set([2], 2);

        tree.Reset(in before);

        Assert.Equal(["01=1"], Drain(tree.Range(default, default, reverse: false)));
        Assert.Equal(1, tree.Count);
    }

    private static void CheckRanges(Random random, ByteTree<int> tree, SortedDictionary<byte[], int> model)
    {
        for (var i = 0; i < 200; i++)
        {
            var from = random.Next(4) == 0 ? [] : Key(random);
            var to = random.Next(4) == 0 ? [] : Key(random);
            var expected = model
                .Where(p => Between(p.Key, from, to)).Select(p => Text(p.Key, p.Value)).ToList();
            Assert.Equal(expected, Drain(tree.Range(from, to, reverse: false)));
            expected.Reverse();
            Assert.Equal(expected, Drain(tree.Range(from, to, reverse: true)));
        }
    }

    private static bool Between(byte[] key, byte[] from, byte[] to) =>
        key.AsSpan().SequenceCompareTo(from) >= 0 && (to.Length == 0 || key.AsSpan().SequenceCompareTo(to) < 0);

    private static byte[] Key(Random random)
    {
        var key = new byte[1 + random.Next(3)];
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = (byte)(random.Next(3) == 0 ? random.Next(256) : random.Next(12) * 21);
        }

        return key;
    }

    private static string Text(byte[] key, int item) => $"{Convert.ToHexStringLower(key)}={item}";

    private static List<string> Drain(ByteTreeCursor<int> cursor)
    {
        var all = new List<string>();
        while (cursor.MoveNext())
        {
            all.Add(Text(cursor.Key, cursor.Item));
        }

        return all;
    }
}
