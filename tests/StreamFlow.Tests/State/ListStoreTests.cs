using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class ListStoreTests
{
    /// <summary>The bytes are those that Kafka Streams wrote for an outer join: "a", then "b" beside it, then removed.</summary>
    [Fact]
    public void Changelog_has_the_bytes_of_kafka_streams()
    {
        var harness = new StoreHarness(Create<byte[]>(BytesSerde.Instance));
        var store = (ListStore<string, byte[]>)harness.Store;
        store.Add("k", [1, (byte)'a'], 5);
        harness.Commit();
        store.Add("k", [1, (byte)'b'], 5);
        harness.Commit();
        store.Remove("k", 20);
        harness.Commit();

        Assert.Equal(
            [
                "key=6b val=0100000001000000020161 ts=5",
                "key=6b val=0100000002000000020161000000020162 ts=5",
                "key=6b val=null ts=20",
            ],
            harness.Changelog.Records.Select(r => r.ToString()));
    }

    [Fact]
    public void Removing_what_is_not_there_is_not_logged()
    {
        var harness = new StoreHarness(Create<string>(Utf8Serde.Instance));
        Assert.False(((ListStore<string, string>)harness.Store).Remove("k", 1));
        harness.Commit();
        Assert.Empty(harness.Changelog.Records);
    }

    [Theory]
    [InlineData(1, StoreHarness.Unbounded)]
    [InlineData(2, StoreHarness.Unbounded)]
    [InlineData(3, 0)]
    [InlineData(4, 500)]
    public void Store_behaves_like_a_dictionary_of_lists(int seed, long cacheBytes)
    {
        var random = new Random(seed);
        var harness = new StoreHarness(Create<string>(Utf8Serde.Instance), cacheBytes);
        var model = new StoreModel<SortedDictionary<string, List<string>>>(
            harness, Copy, new(StringComparer.Ordinal));
        for (var step = 0; step < 3_000; step++)
        {
            var store = (ListStore<string, string>)harness.Store;
            var key = random.Next(3) == 0 ? $"{random.Next(4)}" : $"{random.Next(4)}{random.Next(10)}";
            switch (random.Next(20))
            {
                case < 10:
                    store.Add(key, $"{step}", step);
                    model.Now[key] = [.. model.Now.GetValueOrDefault(key, []), $"{step}"];
                    break;
                case < 13:
                    Assert.Equal(model.Now.Remove(key), store.Remove(key, step));
                    break;
                case < 16:
                    Assert.Equal(model.Now.GetValueOrDefault(key, []), store.Find(key));
                    CheckView((KeyValueView<string, ItemList<string>>)store.View(harness.Identity), model.Committed);
                    break;
                case < 18:
                    RemoveSome(store, model.Now, step);
                    break;
                default:
                    model.Live(random);
                    break;
            }
        }
    }

    [Fact]
    public void A_list_stays_as_it_was_when_others_are_made_of_it()
    {
        var random = new Random(7);
        var lists = new List<(ItemList<int> List, List<int> Model)> { (default, []) };
        for (var step = 0; step < 500; step++)
        {
            var (list, model) = lists[Math.Max(0, lists.Count - 1 - random.Next(3))];
            lists.Add((list.With(step), [.. model, step]));
        }

        Assert.All(lists, pair => Assert.Equal(pair.Model, pair.List));
        Assert.Throws<ArgumentOutOfRangeException>(() => lists[1].List[1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000001")]
    [InlineData("0100000001")]
    [InlineData("010000000100000005616263")]
    [InlineData("0100000001ffffffff")]
    public void Bytes_that_are_no_list_are_refused(string hex)
    {
        var serde = new ItemListSerde<string>(Utf8Serde.Instance);
        Assert.Throws<FormatException>(() => serde.Deserialize(Convert.FromHexString(hex)));
    }

    /// <summary>Goes through all as an outer join does, and removes every third while it goes.</summary>
    private static void RemoveSome(
        ListStore<string, string> store, SortedDictionary<string, List<string>> model, int step)
    {
        using var lists = store.ScanAll();
        foreach (var (key, expected) in model.ToList())
        {
            Assert.True(lists.MoveNext());
            Assert.Equal(key, lists.Key);
            Assert.Equal(expected, lists.Value);
            if (expected.Count % 3 == 0)
            {
                store.Remove(key, step);
                model.Remove(key);
            }
        }

        Assert.False(lists.MoveNext());
    }

    /// <summary>Other threads see what is committed, whatever is written meanwhile.</summary>
    private static void CheckView(
        KeyValueView<string, ItemList<string>> view, SortedDictionary<string, List<string>> committed)
    {
        Assert.Equal(committed.Keys, view.All().Select(row => row.Key));
        Assert.All(view.All(), row => Assert.Equal(committed[row.Key], row.Value.Value));
    }

    private static SortedDictionary<string, List<string>> Copy(SortedDictionary<string, List<string>> model) =>
        new(model, StringComparer.Ordinal);

    private static Func<StateStore> Create<T>(ISerde<T> items) =>
        () => new ListStore<string, T>("s", Utf8Serde.Instance, items);
}
