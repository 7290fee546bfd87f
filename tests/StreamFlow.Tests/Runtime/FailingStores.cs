using System.Collections.Concurrent;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Stores on a disk that is full now and then. As RocksDB does, an open store whose write failed refuses every later write
/// until it is opened again; what it holds outlives it.
/// </summary>
internal sealed class FailingStores : IStoreBackendFactory
{
    private readonly ConcurrentDictionary<string, InMemoryBackend> _backends = new();
    private int _failingWrites;
    private int _failingOpens;
    private int _failingCloses;
    private int _opened;
    private int _failures;

    public static string Message => "the disk is full. Free space or move the state directory.";

    /// <summary>Errors of the file system as they are, instead of a store's own.</summary>
    public bool ThrowsIOException { get; init; }

    public int Opened => Volatile.Read(ref _opened);

    public int Failures => Volatile.Read(ref _failures);

    /// <summary>Lets that many stores meet a full disk at their next write.</summary>
    public void FailWrites(int count) => Volatile.Write(ref _failingWrites, count);

    public void FailOpens(int count) => Volatile.Write(ref _failingOpens, count);

    public void FailCloses(int count) => Volatile.Write(ref _failingCloses, count);

    /// <summary>Loses the data, as a new machine does.</summary>
    public void Clear() => _backends.Clear();

    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames)
    {
        ThrowIf(ref _failingOpens);
        Interlocked.Increment(ref _opened);
        return new Backend(this, _backends.GetOrAdd(directory, _ => new InMemoryBackend(storeNames)));
    }

    private void ThrowIf(ref int left)
    {
        if (Interlocked.Decrement(ref left) >= 0)
        {
            Throw();
        }
    }

    private void Throw()
    {
        Interlocked.Increment(ref _failures);
        throw ThrowsIOException ? new IOException(Message) : new StateStoreException(Message) { IsTransient = true };
    }

    private sealed class Backend(FailingStores owner, InMemoryBackend inner) : IStoreBackend
    {
        private bool _broken;

        public bool IsPersistent => true;

        public IReadOnlyList<IByteStore> Stores => inner.Stores;

        public bool TryGetChangelogOffset(int store, out long offset) => inner.TryGetChangelogOffset(store, out offset);

        public void Write(StoreBatch batch)
        {
            if (_broken)
            {
                owner.Throw();
            }

            _broken = true;
            owner.ThrowIf(ref owner._failingWrites);
            _broken = false;
            inner.Write(batch);
        }

        public void Flush() => inner.Flush();

        public void Dispose() => owner.ThrowIf(ref owner._failingCloses);
    }
}
