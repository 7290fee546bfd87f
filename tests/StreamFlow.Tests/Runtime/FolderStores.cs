using System.Collections.Concurrent;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>Stores that live and die with the folder they are opened in, as files do.</summary>
internal sealed class FolderStores : IStoreBackendFactory
{
    private readonly ConcurrentDictionary<string, InMemoryBackend> _backends = new();

    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames)
    {
        var file = Path.Combine(directory, "data");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, Guid.NewGuid().ToString());
        }

        return new Lasting(_backends.GetOrAdd(File.ReadAllText(file), _ => new InMemoryBackend(storeNames)));
    }

    private sealed class Lasting(InMemoryBackend inner) : IStoreBackend
    {
        public bool IsPersistent => true;

        public IReadOnlyList<IByteStore> Stores => inner.Stores;

        public bool TryGetChangelogOffset(int store, out long offset) => inner.TryGetChangelogOffset(store, out offset);

        public void Write(StoreBatch batch) => inner.Write(batch);

        public void Flush() => inner.Flush();

        public void Dispose()
        {
            // The data stay.
        }
    }
}
