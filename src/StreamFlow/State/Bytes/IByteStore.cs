using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.State;

/// <summary>
/// An ordered map of bytes: what a state store is below its typed façade. It holds committed data only and changes only
/// through <see cref="IStoreBackend.Write"/>. Keys are ordered as unsigned bytes. One thread writes; others may read.
/// </summary>
[Experimental("SF0001")]
public interface IByteStore
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Gets the value's bytes appended.</param>
    /// <returns>Whether the key is there.</returns>
    bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value);

    /// <summary>Iterates over a range of keys as they are at this moment.</summary>
    /// <param name="from">First key; empty for the lowest.</param>
    /// <param name="to">Key after the last; empty for no bound.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>An iterator before its first entry, to be disposed by the caller.</returns>
    ByteIterator Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false);

    /// <summary>An estimate of the number of entries, cheap to get.</summary>
    long ApproximateCount { get; }

    /// <summary>A number that the backend keeps of the store, as RocksDB's integer properties. May be asked for by any thread.</summary>
    /// <param name="name">Its name, as <c>rocksdb.cur-size-all-mem-tables</c>.</param>
    /// <returns>The number; <see langword="null"/>, which is the default, where there is none of that name.</returns>
    long? Statistic(string name) => null;
}

/// <summary>Goes through the entries of a store in key order.</summary>
[Experimental("SF0001")]
public abstract class ByteIterator : IDisposable
{
    /// <summary>Key of the current entry; valid until the next move.</summary>
    public abstract ReadOnlySpan<byte> Key { get; }

    /// <summary>Value of the current entry; valid until the next move.</summary>
    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>Moves to the next entry.</summary>
    /// <returns>False after the last one.</returns>
    public abstract bool MoveNext();

    /// <summary>Goes to before the first entry of another range, of the same state of the store.</summary>
    /// <param name="from">First key; empty for the lowest.</param>
    /// <param name="to">Key after the last; empty for no bound.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    public abstract void Seek(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the iterator.</summary>
    /// <param name="disposing">Always true.</param>
    protected abstract void Dispose(bool disposing);
}

/// <summary>
/// The stores of one task, written together: one RocksDB instance, or memory.
/// Invariant: a backend never holds uncommitted data, and every batch written carries, for each store in it, the
/// changelog offset up to which that store is now complete.
/// </summary>
[Experimental("SF0001")]
public interface IStoreBackend : IDisposable
{
    /// <summary>Whether the data outlives the process.</summary>
    bool IsPersistent { get; }

    /// <summary>The stores, in the order they were asked for when the backend was opened.</summary>
    IReadOnlyList<IByteStore> Stores { get; }

    /// <summary>The changelog offset a store is complete up to: that of the next changelog record to apply.</summary>
    /// <param name="store">Index of the store in <see cref="Stores"/>.</param>
    /// <param name="offset">The offset.</param>
    /// <returns>False when nothing was ever written, so that the store must be restored from the beginning.</returns>
    bool TryGetChangelogOffset(int store, out long offset);

    /// <summary>Applies a batch as a whole or not at all, also across a crash.</summary>
    /// <param name="batch">The changes and offsets.</param>
    /// <exception cref="StateStoreException">Nothing of the batch was applied.</exception>
    void Write(StoreBatch batch);

    /// <summary>Makes what was written so far survive a power failure.</summary>
    void Flush();
}

/// <summary>Opens the stores of tasks. Implemented by StreamFlow.RocksDb for persistent stores.</summary>
[Experimental("SF0001")]
public interface IStoreBackendFactory
{
    /// <summary>Opens or creates the stores of one task.</summary>
    /// <param name="taskId">The task, for messages.</param>
    /// <param name="directory">Folder of the task's data; exists and belongs to the caller alone.</param>
    /// <param name="storeNames">Names of the stores.</param>
    /// <returns>The backend.</returns>
    /// <exception cref="StateStoreException">The data cannot be opened.</exception>
    IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames);
}
