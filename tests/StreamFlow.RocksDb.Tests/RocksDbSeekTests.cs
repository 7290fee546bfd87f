using System.Text;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

public sealed class RocksDbSeekTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_iterator_reads_many_ranges_of_the_state_it_was_opened_on(int seed)
    {
        var random = new Random(seed);
        using var backend = Open(_folder.Path, "a", "b");
        var model = new StoreModel();
        for (var i = 0; i < 30; i++)
        {
            Change(random, backend, model);
        }

        using var entries = backend.Stores[0].Range([], []);
        var opened = model.Range([], [], reverse: false);
        for (var round = 0; round < 200; round++)
        {
            if (round % 20 == 0)
            {
                Change(random, backend, model);
            }

            var (from, to, reverse) = (Key(random), Key(random), random.Next(2) == 0);
            entries.Seek(from, to, reverse);
            var expected = opened.Where(e => StoreModel.Compare(e.Key, from) >= 0 && (to.Length == 0 || StoreModel.Compare(e.Key, to) < 0));
            var left = random.Next(3) == 0 ? random.Next(5) : int.MaxValue;
            foreach (var (key, value) in reverse ? expected.Reverse() : expected)
            {
                if (left-- == 0)
                {
                    break;
                }

                if (!entries.MoveNext() || !entries.Key.SequenceEqual(key) || !entries.Value.SequenceEqual(value))
                {
                    Assert.Fail($"seed {seed}, round {round}: not at {Encoding.ASCII.GetString(key)}, reverse {reverse}");
                }
            }

            Assert.True(left < 0 || !entries.MoveNext(), $"seed {seed}, round {round}: the iterator goes too far");
        }
    }

    private static void Change(Random random, IStoreBackend backend, StoreModel model)
    {
        var batch = new StoreBatch();
        if (random.Next(4) == 0)
        {
            var (from, to) = (Key(random), Key(random));
            if (StoreModel.Compare(from, to) < 0)
            {
                batch.DeleteRange(0, from, to);
                model.DeleteRange(from, to);
            }
        }

        for (var i = 0; i < 200; i++)
        {
            var key = Key(random);
            if (random.Next(4) == 0)
            {
                batch.Delete(0, key);
                model.Delete(key);
                continue;
            }

            var value = new byte[random.Next(300)];
            random.NextBytes(value);
            batch.Put(0, key, value);
            model.Put(key, value);
        }

        batch.Sort();
        backend.Write(batch);
        if (random.Next(5) == 0)
        {
            backend.Flush();
        }
    }

    private static byte[] Key(Random random) =>
        random.Next(20) == 0 ? [] : Encoding.ASCII.GetBytes(random.Next(2_000).ToString(System.Globalization.CultureInfo.InvariantCulture));
}
