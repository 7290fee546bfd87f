using System.Diagnostics.CodeAnalysis;
using StreamFlow.Measuring;

namespace StreamFlow.State;

/// <summary>What a store works with inside its task.</summary>
[Experimental("SF0001")]
public sealed class StateStoreContext
{
    internal StateStoreContext()
    {
    }

    /// <summary>The store's committed bytes. What is staged in <see cref="Batch"/> is not in them.</summary>
    public required IByteStore Bytes { get; init; }

    /// <summary>Index of the store in its backend and in <see cref="Batch"/>.</summary>
    public required int Index { get; init; }

    /// <summary>The changes that the next commit applies to the backend.</summary>
    public required StoreBatch Batch { get; init; }

    /// <summary>Where changes are logged; <see langword="null"/> when logging is off.</summary>
    public ChangelogWriter? Changelog { get; init; }

    /// <summary>Told of every record that a store refuses, with the reason.</summary>
    public required Action<string> Dropped { get; init; }

    /// <summary>
    /// Told of them in place of <see cref="Dropped"/>, with the time that was refused; <see langword="null"/> where nobody asks for it.
    /// </summary>
    internal Action<WindowExpiry, long>? Expired { get; init; }

    /// <summary>The memory of the thread's stores.</summary>
    internal CacheBudget Budget { get; init; } = new(maxCacheBytes: 0, maxUncommittedBytes: long.MaxValue);

    /// <summary>Knows which input record a write is due to; <see langword="null"/> where nobody asks.</summary>
    internal OriginTracker? Origins { get; init; }

    /// <summary>
    /// Told of an entry whose value (or key) the serde cannot write. Returns when the writes of the entry since the last flush
    /// are to be taken back; throws when the thread is to stop, as it does where nobody is told.
    /// </summary>
    internal Action<Exception>? Unwritable { get; init; }

    /// <summary>Counts of the store.</summary>
    internal StoreCounts Counts
    {
        get => field ??= new StoreCounts([], string.Empty, clock: null);
        init;
    }

    /// <summary>A store does not take what its time is over of.</summary>
    internal void Refuse(WindowExpiry expiry, long time)
    {
        if (Expired is null)
        {
            Dropped(WindowExpiry.Reason);
        }
        else
        {
            Expired(expiry, time);
        }
    }
}

/// <summary>Appends to the changelog partition of one store.</summary>
[Experimental("SF0001")]
public abstract class ChangelogWriter
{
    /// <summary>Appends a record.</summary>
    /// <param name="key">Its key; copied.</param>
    /// <param name="value">Its value; copied, and not looked at unless there is one.</param>
    /// <param name="hasValue">Whether there is a value; without one the record is a tombstone.</param>
    /// <param name="timestamp">Its timestamp in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>.</param>
    public abstract void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestamp, Headers? headers);
}
