namespace StreamFlow.State;

/// <summary>
/// A value as a write-back cache holds it. Read it through the reference that Find returns, which is valid until the next
/// Find on the same store; change it through Set alone, which keeps the books.
/// </summary>
internal struct CacheEntry<TValue>
{
    private EntryFlags _flags;
    private int _keyBytes;

    [Flags]
    private enum EntryFlags : byte
    {
        None = 0,
        HasValue = 1,
        Dirty = 2,
        Staged = 4,
        Used = 8,
    }

    /// <summary>The value; <c>default</c> without one.</summary>
    public TValue Value { readonly get; private set; }

    /// <summary>Timestamp of the value; -1 when it was read from a store that keeps none.</summary>
    public long Timestamp { readonly get; private set; }

    /// <summary>Headers of the record that wrote last: kept until the flush, and beyond it by a store that keeps headers.</summary>
    public Headers? Headers { readonly get; private set; }

    public readonly bool HasValue => (_flags & EntryFlags.HasValue) != 0;

    /// <summary>Whether it was written since the last flush.</summary>
    public readonly bool IsDirty => (_flags & EntryFlags.Dirty) != 0;

    /// <summary>Whether it was written since the last commit: the byte store has something else.</summary>
    public readonly bool IsUncommitted => (_flags & (EntryFlags.Dirty | EntryFlags.Staged)) != 0;

    /// <summary>Whether the batch has it since the last commit, in this state or an earlier one.</summary>
    internal readonly bool IsStaged => (_flags & EntryFlags.Staged) != 0;

    /// <summary>Position in the cache's slab; -1 for an entry that no write may keep.</summary>
    internal int Slot { readonly get; private set; }

    /// <summary>Place of the write among the pending ones; void unless the entry is dirty.</summary>
    internal int Write { readonly get; private set; }

    /// <summary>Bytes it counts for in the budget: those of key and value serialized, and its place in the slab.</summary>
    internal long Size { readonly get; private set; }

    /// <summary>Bytes of the value in that.</summary>
    internal readonly long ValueBytes => Size - _keyBytes;

    /// <summary>An entry as the byte store has it, or of which nothing is known yet.</summary>
    internal static CacheEntry<TValue> Loaded(int slot, int keyBytes) => new()
    {
        Slot = slot,
        Timestamp = ValueFormat<TValue>.NoTimestamp,
        Size = keyBytes,
        _keyBytes = keyBytes,
        _flags = EntryFlags.Used,
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
        Loaded(slot: -1, keyBytes: 0);

    internal void Touch() => _flags |= EntryFlags.Used;

    /// <summary>Takes the mark of use away and says whether it was there: the second chance of the clock.</summary>
    internal bool TakeChance()
    {
        var used = (_flags & EntryFlags.Used) != 0;
        _flags &= ~EntryFlags.Used;
        return used;
    }

    /// <summary>The first write since the last flush is about to be made.</summary>
    internal void BeginWrite(int write)
    {
        Write = write;
        _flags |= EntryFlags.Dirty;
    }

    internal void Set(in StoredValue<TValue> value)
    {
        (Value, Timestamp, Headers) = (value.Value, value.Timestamp, value.Headers);
        _flags = value.HasValue ? _flags | EntryFlags.HasValue : _flags & ~EntryFlags.HasValue;
    }

    /// <summary>Written to the batch, not yet committed.</summary>
    internal void Stage(bool keepHeaders)
    {
        Headers = keepHeaders ? Headers : null;
        _flags = (_flags & ~EntryFlags.Dirty) | EntryFlags.Staged;
    }

    internal void Commit() => _flags &= ~EntryFlags.Staged;

    /// <summary>Sets the size now that the value's is known or guessed.</summary>
    /// <returns>The difference to the size before.</returns>
    internal long Resize(long valueBytes)
    {
        var size = _keyBytes + valueBytes;
        var difference = size - Size;
        Size = size;
        return difference;
    }
}

/// <summary>What a store has of a key.</summary>
internal readonly record struct StoredValue<TValue>(TValue Value, bool HasValue, long Timestamp, Headers? Headers);
