using StreamFlow.RocksDb;
using StreamFlow.State;

namespace StreamFlow.Verification.Oracles;

/// <summary>What a store on a disk held at some moment, in the form its changelog has.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="When">The moment.</param>
/// <param name="Store">Name of the store.</param>
/// <param name="Partition">Partition of the task.</param>
/// <param name="ChangelogOffset">The changelog offset that the store says it is complete up to.</param>
/// <param name="Entries">Hexadecimal changelog key to value and timestamp.</param>
internal sealed record LocalState(
    string Worker, string When, string Store, int Partition, long ChangelogOffset, IReadOnlyDictionary<string, string> Entries)
{
    public string Where => $"{Worker} {When}";

    /// <summary>
    /// Whether another state is this one as it was before: what a task has left behind that the worker was never given since.
    /// </summary>
    public bool IsUntouched(LocalState now) =>
        (Worker, Store, Partition, ChangelogOffset) == (now.Worker, now.Store, now.Partition, now.ChangelogOffset)
        && Entries.Count == now.Entries.Count
        && Entries.All(entry => now.Entries.TryGetValue(entry.Key, out var value) && value == entry.Value);

    /// <summary>Reads the stores of a worker that does not run, from a copy of its folder.</summary>
    public static IReadOnlyList<LocalState> Read(string worker, string when, string stateFolder, RocksDbBackendFactory factory)
    {
        var found = new List<LocalState>();
        if (!Directory.Exists(stateFolder))
        {
            return found;
        }

        foreach (var folder in Directory.EnumerateDirectories(stateFolder, "*_*").Order(StringComparer.Ordinal))
        {
            if (Directory.Exists(Path.Combine(folder, "rocksdb")))
            {
                found.AddRange(ReadTask(worker, when, folder, factory));
            }
        }

        return found;
    }

    /// <summary>How an entry is written here, whether it comes from a store or from a changelog.</summary>
    public static string Entry(ReadOnlySpan<byte> value, long timestamp) => $"{Convert.ToHexString(value)}@{timestamp}";

    private static IReadOnlyList<LocalState> ReadTask(string worker, string when, string folder, RocksDbBackendFactory factory)
    {
        var ids = Path.GetFileName(folder).Split('_');
        var task = new TaskId(int.Parse(ids[0], null), int.Parse(ids[1], null));
        var names = StoreFolders.Of(task.SubTopology);
        var copy = Directory.CreateTempSubdirectory("streamflow-verify-state-").FullName;
        try
        {
            Copy(Path.Combine(folder, "rocksdb"), Path.Combine(copy, "rocksdb"));
            using var backend = factory.Open(task, copy, names);
            return [.. Enumerable.Range(0, names.Count).Select(i => ReadStore(worker, when, task, backend, i)).OfType<LocalState>()];
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static LocalState? ReadStore(string worker, string when, TaskId task, IStoreBackend backend, int index)
    {
        if (!backend.TryGetChangelogOffset(index, out var offset))
        {
            return null;
        }

        var name = backend.Stores[index].Name;
        var layout = StoreLayout.All[name];
        var entries = new Dictionary<string, string>();
        using var all = backend.Stores[index].Range([], layout.End);
        while (all.MoveNext())
        {
            var key = all.Key[layout.PrefixBytes..];
            var (value, timestamp) = layout.Read(all.Value.ToArray());
            entries[Convert.ToHexString(key)] = Entry(value.Span, timestamp);
        }

        return new LocalState(worker, when, name, task.Partition, offset, entries);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
