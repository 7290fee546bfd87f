using StreamFlow.State;

namespace StreamFlow.Verification.Workers;

/// <summary>RocksDB stores with crash points around each batch.</summary>
internal sealed class WatchedStores(IStoreBackendFactory inner, CrashPoints points, WatchedClients clients)
    : IStoreBackendFactory
{
    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
        new Backend(inner.Open(taskId, directory, storeNames), points, clients);

    private sealed class Backend(IStoreBackend inner, CrashPoints points, WatchedClients clients) : IStoreBackend
    {
        public bool IsPersistent => inner.IsPersistent;

        public IReadOnlyList<IByteStore> Stores => inner.Stores;

        public bool TryGetChangelogOffset(int store, out long offset) => inner.TryGetChangelogOffset(store, out offset);

        public void Write(StoreBatch batch)
        {
            var changesState = batch.Count > 0;
            if (changesState)
            {
                points.Reach(CrashPoints.BeforeLocalBatch);
            }

            inner.Write(batch);
            if (changesState)
            {
                points.Reach(CrashPoints.AfterLocalBatch);
                clients.AppliedLocally(inner);
            }
        }

        public void Flush() => inner.Flush();

        public void Dispose() => inner.Dispose();
    }
}
