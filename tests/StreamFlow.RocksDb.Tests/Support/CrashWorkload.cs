using System.Globalization;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>
/// Commits that a seed determines: from the offset that a store reports, what it must hold can be computed exactly.
/// </summary>
internal static class CrashWorkload
{
    private const int Keys = 400;
    private const int ChangesPerStore = 20;
    private const int OffsetStep = 10;

    public static string[] Stores { get; } = ["counts", "default", "windows"];

    /// <summary>Commits until the process is killed, and prints the number of each commit once it is written.</summary>
    public static void Run(string folder, int seed)
    {
        using var backend = Backends.Open(folder, Stores);
        for (var commit = 0; ; commit++)
        {
            Commit(backend, seed, commit);
            Console.WriteLine(commit.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static void Commit(IStoreBackend backend, int seed, int commit)
    {
        var batch = new StoreBatch();
        for (var store = 0; store < Stores.Length; store++)
        {
            if (Touches(commit, store))
            {
                var index = store;
                Apply(seed, commit, store, (from, to) => batch.DeleteRange(index, from, to),
                    key => batch.Delete(index, key), (key, value) => batch.Put(index, key, value));
                batch.SetChangelogOffset(store, OffsetAfter(commit, store));
            }
        }

        batch.Sort();
        backend.Write(batch);
        if (commit % 150 == 149)
        {
            backend.Flush();
        }
    }

    /// <summary>Checks that every store is exactly what it was when it had the offset it reports.</summary>
    /// <returns>The number of commits each store has.</returns>
    public static int[] Verify(string folder, int seed)
    {
        using var backend = Backends.Open(folder, Stores);
        var commits = new int[Stores.Length];
        for (var store = 0; store < Stores.Length; store++)
        {
            commits[store] = backend.TryGetChangelogOffset(store, out var offset)
                ? checked((int)((offset - store) / OffsetStep)) : 0;
            var model = new StoreModel();
            for (var commit = 0; commit < commits[store]; commit++)
            {
                if (Touches(commit, store))
                {
                    Apply(seed, commit, store, model.DeleteRange, model.Delete, model.Put);
                }
            }

            model.AssertHeldBy(backend.Stores[store], [], [], reverse: false,
                $"seed {seed}, after {commits[store]} commits");
        }

        return commits;
    }

    // Stores are not touched by every commit, so that their offsets and memtables drift apart.
    private static bool Touches(int commit, int store) => (commit + store) % (store + 2) != 0;

    private static long OffsetAfter(int commit, int store) => ((commit + 1L) * OffsetStep) + store;

    private static void Apply(
        int seed, int commit, int store, Action<byte[], byte[]> deleteRange, Action<byte[]> delete,
        Action<byte[], byte[]> put)
    {
        var random = new Random(HashCodeOf(seed, commit, store));
        if (random.Next(10) == 0)
        {
            var from = random.Next(Keys);
            deleteRange(Key(from), Key(from + random.Next(40)));
        }

        for (var i = 0; i < ChangesPerStore; i++)
        {
            var key = Key(random.Next(Keys));
            if (random.Next(6) == 0)
            {
                delete(key);
            }
            else
            {
                var value = new byte[8 + random.Next(300)];
                random.NextBytes(value);
                put(key, value);
            }
        }
    }

    private static byte[] Key(int number) => Backends.Bytes(number.ToString("D5", CultureInfo.InvariantCulture));

    // HashCode differs from process to process; this must not.
    private static int HashCodeOf(int seed, int commit, int store) =>
        unchecked((((seed * 31) + commit) * 31) + store);
}
