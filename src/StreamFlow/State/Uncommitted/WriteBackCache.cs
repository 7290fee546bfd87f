using System.Runtime.CompilerServices;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Typed values over a byte store. Reads fill it; writes stay in it until <see cref="Flush"/> stages them and
/// <see cref="Committed"/> says that the byte store has them. An entry is clean (as the byte store has it), dirty
/// (written since the last flush) or staged (flushed, not yet committed). Only clean entries are evicted, so a read never
/// sees the byte store's older value. Values are handed out as the objects they are: one changed in place changes for all.
/// </summary>
internal sealed partial class WriteBackCache<TKey, TValue>
{
    // Bounds the work of one read while most entries are dirty; the clock catches up on the reads that follow.
    private const int EvictionSteps = 64;
    private readonly string _storeName;
    private readonly EntrySlab<TKey, TValue> _slab;
    private readonly PooledBuffer _keyBuffer = new();
    private readonly PooledBuffer _valueBuffer = new();
    private readonly Overlay<TKey, TValue> _overlay;
    private readonly IteratorPool<TKey, TValue> _iterators;
    private StateStoreContext? _context;
    private CacheShare? _share;
    private int _hand;
    private int _lastFound = -1;

    public WriteBackCache(string storeName, KeyCodec<TKey> keys, ValueFormat<TValue> values)
    {
        _storeName = storeName;
        Keys = keys;
        Values = values;
        _slab = new EntrySlab<TKey, TValue>(keys.Comparer);
        _overlay = new Overlay<TKey, TValue>(_slab, keys, values);
        _iterators = new IteratorPool<TKey, TValue>(this);
    }

    public FlushListener<TKey, TValue>? Listener
    {
        get => _overlay.Listener;
        set => _overlay.Listener = value;
    }

    /// <summary>What is kept of values as they were before somebody changed the objects.</summary>
    public OldValues<TValue> Old => _overlay.Old;

    public StateStoreContext Context => _context ?? throw new InvalidOperationException($"Store '{_storeName}' is not open.");

    private CacheShare Share => _share ?? throw new InvalidOperationException($"Store '{_storeName}' is not open.");

    public KeyCodec<TKey> Keys { get; }

    public ValueFormat<TValue> Values { get; }

    public int Count => _slab.Count;

    /// <summary>Whether anything was written since the last flush.</summary>
    public bool IsDirty => _overlay.DirtyCount > 0;

    /// <summary>Whether entries stay once they are committed: of no use where rows are gone through and none is found.</summary>
    public bool KeepsCommitted { get; init; } = true;

    /// <summary>Number of commits so far.</summary>
    public long Commits { get; private set; }

    public void Open(StateStoreContext context)
    {
        if (_context is not null)
        {
            throw new InvalidOperationException($"Store '{_storeName}' is open already.");
        }

        _context = context;
        _counts = context.Counts;
        _isTimed = _counts.IsTimed;
        var share = new CacheShare(context.Budget);
        _share = share;
        _counts.CacheBytes = () => share.Bytes;
    }

    public void Close()
    {
        if (_context is null)
        {
            return;
        }

        Rollback();
        Commits++;
        _iterators.Release();
        Share.Leave();
        _share = null;
        _context = null;
    }

    private ref CacheEntry<TValue> FindEntry(scoped in TKey key)
    {
        ref var entry = ref Look(in key, out var hash);
        if (Unsafe.IsNullRef(ref entry))
        {
            return ref Load(in key, hash);
        }

        entry.Touch();
        _lastFound = entry.Slot;
        if (!entry.IsDirty || !_overlay.Waits || Old.CanUndo)
        {
            Old.Found(in entry);
        }

        return ref entry;
    }

    /// <summary>The key of an entry that <see cref="Find"/> has returned.</summary>
    public ref readonly TKey KeyOf(ref CacheEntry<TValue> entry) => ref _slab.Key(Verified(ref entry).Slot);

    /// <summary>
    /// The value of an entry as <see cref="Find"/> has found it, whatever became of the object since, if
    /// <see cref="OldValues{TValue}.AreKept"/>; to be asked for before the entry is written.
    /// </summary>
    public TValue OldValue(ref CacheEntry<TValue> entry) => Old.Of(in Verified(ref entry));

    /// <inheritdoc cref="Overlay{TKey, TValue}.Told"/>
    public StoredValue<TValue> Told(ref CacheEntry<TValue> entry) => _overlay.Told(in Verified(ref entry));

    /// <summary>The value of an entry is again what <see cref="Find"/> has found, where <see cref="OldValues{TValue}.CanUndo"/>.</summary>
    public void Undo(ref CacheEntry<TValue> entry) => Old.Undo(ref Verified(ref entry));

    private void PutEntry(in TKey key, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        ref var entry = ref Look(in key, out var hash);
        var isBlind = Unsafe.IsNullRef(ref entry);
        if (isBlind)
        {
            Evict(EvictionSteps);
            entry = ref Add(in key, hash);
        }
        else if (!entry.IsDirty)
        {
            Old.Found(in entry);
        }

        _lastFound = -1;
        _overlay.Write(ref entry, new StoredValue<TValue>(value, hasValue, timestamp, headers), isBlind, Context, Share);
    }

    /// <summary>Forgets everything, clean entries too: code that failed may have changed their values in place.</summary>
    public void Rollback()
    {
        _overlay.Rollback();
        Forget();
    }

    public void Committed()
    {
        if (IsDirty)
        {
            throw new InvalidOperationException(
                $"Store '{_storeName}' has {_overlay.DirtyCount} changes that were not flushed before the commit.");
        }

        _overlay.Committed();
        Commits++;
        _iterators.Release();
        Share.Commit();
        _lastFound = -1;
        Evict(_slab.Capacity * 2L);
        _hand = _slab.Compact() ? 0 : _hand;
        if (!KeepsCommitted)
        {
            Forget();
        }

        _keyBuffer.Trim();
        _valueBuffer.Trim();
    }

    /// <summary>A scan has ended.</summary>
    public void TakeBack(StoreIterator<TKey, TValue> iterator) => _iterators.Return(iterator);

    /// <summary>What is written in a range and not committed; see <see cref="Overlay{TKey, TValue}.Copy"/>.</summary>
    public void CopyUncommitted(
        ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse, PendingEntries<TKey, TValue> copies) =>
        _overlay.Copy(from, to, reverse, copies);

    private void Forget()
    {
        _slab.Clear();
        _hand = 0;
        _lastFound = -1;
        Share.Clear();
    }

    /// <summary>The entry of a key if it is cached; if not, the key's bytes are in the buffer.</summary>
    private ref CacheEntry<TValue> Look(scoped in TKey key, out int hash)
    {
        if (!Keys.IsComparable)
        {
            WriteStoreKey(in key);
            hash = KeyHash.Of(_keyBuffer.Written);
            return ref _slab.Find(_keyBuffer.Written, hash);
        }

        hash = _slab.HashOf(in key);
        ref var entry = ref _slab.Find(in key, hash);
        if (Unsafe.IsNullRef(ref entry))
        {
            WriteStoreKey(in key);
        }

        return ref entry;
    }

    private void WriteStoreKey(scoped in TKey key)
    {
        _keyBuffer.Clear();
        Keys.WriteStoreKey(in key, _keyBuffer);
    }

    private ref CacheEntry<TValue> Load(scoped in TKey key, int hash)
    {
        _counts.Misses++;
        Evict(EvictionSteps);
        _valueBuffer.Clear();
        var found = Context.Bytes.TryGet(_keyBuffer.Written, _valueBuffer);
        var loaded = new StoredValue<TValue>(default!, HasValue: false, ValueFormat<TValue>.NoTimestamp, null);
        if (found)
        {
            var value = Values.Read(_valueBuffer.Written, out var timestamp, out var headers);
            loaded = new StoredValue<TValue>(value, HasValue: true, timestamp, headers);
        }

        ref var entry = ref Add(in key, hash);
        entry.Set(in loaded);
        Share.AddClean(entry.Resize(_valueBuffer.Length));
        Old.Loaded(found, _valueBuffer.Written);
        _lastFound = entry.Slot;
        return ref entry;
    }

    /// <summary>Adds a key whose store key is in the buffer.</summary>
    private ref CacheEntry<TValue> Add(scoped in TKey key, int hash)
    {
        var slot = _slab.Add(in key, hash, Keys.IsComparable ? null : _keyBuffer.Written.ToArray());
        ref var entry = ref _slab[slot];
        entry = CacheEntry<TValue>.Loaded(slot, _keyBuffer.Length + EntrySlab<TKey, TValue>.SlotBytes);
        Share.AddClean(entry.Size);
        return ref entry;
    }

    /// <summary>The clock: a clean entry not used since the hand last passed it goes.</summary>
    private void Evict(long steps)
    {
        while (steps-- > 0 && _slab.Capacity > 0 && Share.MustEvict)
        {
            _hand = _hand + 1 < _slab.Capacity ? _hand + 1 : 0;
            if (_slab.IsFree(_hand))
            {
                continue;
            }

            ref var entry = ref _slab[_hand];
            if (!entry.IsUncommitted && !entry.TakeChance())
            {
                Share.AddClean(-entry.Size);
                _slab.Remove(_hand);
            }
        }
    }

    /// <summary>A slot may have been given to another key since, so only the entry found last may be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref CacheEntry<TValue> Verified(ref CacheEntry<TValue> entry)
    {
        if (entry.Slot != _lastFound || !_slab.IsCurrent(ref entry))
        {
            ThrowStale();
        }

        return ref entry;
    }

    private void ThrowStale() => throw new InvalidOperationException(
        $"Store '{_storeName}': this entry was returned before another Find. Find it again before writing to it.");
}
