namespace StreamFlow.State;

/// <summary>What a store works with inside its task.</summary>
internal sealed class StateStoreContext
{
    public required IByteStore Bytes { get; init; }

    /// <summary>Index of the store in its backend and in <see cref="Batch"/>.</summary>
    public required int Index { get; init; }

    /// <summary>The changes that the next commit applies to the backend.</summary>
    public required StoreBatch Batch { get; init; }

    /// <summary>Where changes are logged; <see langword="null"/> when logging is off.</summary>
    public ChangelogWriter? Changelog { get; init; }

    public required CacheBudget Budget { get; init; }

    /// <summary>Knows which input record a write is due to; <see langword="null"/> where nobody asks.</summary>
    public OriginTracker? Origins { get; init; }

    /// <summary>
    /// Told of an entry whose value (or key) the serde cannot write. Returns when the writes of the entry since the last flush
    /// are to be taken back; throws when the thread is to stop, as it does where nobody is told.
    /// </summary>
    public Action<Exception>? Unwritable { get; init; }

    /// <summary>Told of every record that a store refuses, with the reason.</summary>
    public required Action<string> Dropped { get; init; }
}

/// <summary>Appends to the changelog partition of one store.</summary>
internal abstract class ChangelogWriter
{
    public abstract void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestamp, Headers? headers);
}
