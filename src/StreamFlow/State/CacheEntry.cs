using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// A value as a write-back cache holds it. Read it through the reference that Find returns, which is valid until the next
/// Find on the same store; change it through Set alone, which keeps the books.
/// </summary>
internal struct CacheEntry<TValue>
{
    private EntryFlags _flags;
    private TValue _oldValue;
    private int _keyBytes;

    [Flags]
    private enum EntryFlags : byte
    {
        None = 0,
        HasValue = 1,
        HasOld = 2,
        Dirty = 4,
        Staged = 8,
        Used = 16,
    }

    /// <summary>The value; <c>default</c> without one.</summary>
    public TValue Value { readonly get; private set; }

    /// <summary>Timestamp of the value; -1 when it was read from a store that keeps none.</summary>
    public long Timestamp { readonly get; private set; }

    /// <summary>Headers of the record that last wrote the entry since the last flush.</summary>
    public Headers? Headers { readonly get; private set; }

    public readonly bool HasValue => (_flags & EntryFlags.HasValue) != 0;

    /// <summary>Whether it was written since the last flush.</summary>
    public readonly bool IsDirty => (_flags & EntryFlags.Dirty) != 0;

    /// <summary>Whether it was written since the last commit: the byte store has something else.</summary>
    public readonly bool IsUncommitted => (_flags & (EntryFlags.Dirty | EntryFlags.Staged)) != 0;

    /// <summary>Position in the cache's slab; -1 for an entry that no write may keep.</summary>
    internal int Slot { readonly get; private set; }

    /// <summary>Number of the last write, from a counter of the cache.</summary>
    internal long LastWrite { readonly get; private set; }

    /// <summary>Bytes it counts for in the budget: those of key and value serialized, and its place in the slab.</summary>
    internal int Size { readonly get; private set; }

    /// <summary>What changed since the last flush.</summary>
    internal readonly Change<TValue> Change => new(Value, HasValue, _oldValue, (_flags & EntryFlags.HasOld) != 0);

    /// <summary>Whether anything is or was there at the last flush.</summary>
    internal readonly bool HasNewOrOld => (_flags & (EntryFlags.HasValue | EntryFlags.HasOld)) != 0;

    /// <summary>An entry as the byte store has it.</summary>
    internal static CacheEntry<TValue> Loaded(
        int slot, TValue value, bool hasValue, long timestamp, int keyBytes, int valueBytes) =>
        new()
        {
            Slot = slot,
            Value = value,
            Timestamp = timestamp,
            Size = keyBytes + valueBytes,
            _keyBytes = keyBytes,
            _oldValue = default!,
            _flags = (hasValue ? EntryFlags.HasValue : EntryFlags.None) | EntryFlags.Used,
        };

    /// <summary>The same entry in another slot.</summary>
    internal readonly CacheEntry<TValue> MovedTo(int slot)
    {
        var moved = this;
        moved.Slot = slot;
        return moved;
    }

    /// <summary>An entry without a value that belongs to no cache.</summary>
    internal static CacheEntry<TValue> Nothing() =>
        Loaded(-1, default!, hasValue: false, ValueCodec<TValue>.NoTimestamp, 0, 0);

    internal void Touch() => _flags |= EntryFlags.Used;

    /// <summary>Takes the mark of use away and says whether it was there: the second chance of the clock.</summary>
    internal bool TakeChance()
    {
        var used = (_flags & EntryFlags.Used) != 0;
        _flags &= ~EntryFlags.Used;
        return used;
    }

    /// <summary>Writes the entry; the value it had at the last flush is kept as the old one.</summary>
    /// <returns>Whether this is the first write since the last flush.</returns>
    internal bool Write(TValue value, bool hasValue, long timestamp, Headers? headers, long sequence)
    {
        var first = !IsDirty;
        if (first)
        {
            _oldValue = Value;
            _flags = HasValue ? _flags | EntryFlags.HasOld : _flags & ~EntryFlags.HasOld;
        }

        Value = value;
        Timestamp = timestamp;
        Headers = headers;
        LastWrite = sequence;
        _flags = (hasValue ? _flags | EntryFlags.HasValue : _flags & ~EntryFlags.HasValue) | EntryFlags.Dirty;
        return first;
    }

    /// <summary>Written to the batch, not yet committed.</summary>
    internal void Stage()
    {
        _oldValue = default!;
        Headers = null;
        _flags = (_flags & ~(EntryFlags.Dirty | EntryFlags.HasOld)) | EntryFlags.Staged;
    }

    internal void Commit() => _flags &= ~EntryFlags.Staged;

    /// <summary>Sets the size now that the value's is known or guessed.</summary>
    /// <returns>The difference to the size before.</returns>
    internal int Resize(int valueBytes)
    {
        var size = _keyBytes + valueBytes;
        var difference = size - Size;
        Size = size;
        return difference;
    }
}
