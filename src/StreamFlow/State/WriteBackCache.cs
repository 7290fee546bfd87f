using System.Runtime.CompilerServices;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Typed values over a byte store. Reads fill it; writes stay in it until <see cref="Flush"/> stages them and
/// <see cref="Committed"/> says that the byte store has them. An entry is clean (as the byte store has it), dirty
/// (written since the last flush) or staged (flushed, not yet committed). Only clean entries are evicted, so a read never
/// sees the byte store's older value. Values are handed out as the objects they are, not as copies: one that is changed
/// in place changes for every reader, written back or not, and is its own old value.
/// </summary>
internal sealed class WriteBackCache<TKey, TValue>
{
    // Bounds the work of one read while most entries are dirty; the clock catches up on the reads that follow.
    private const int EvictionSteps = 64;
    private const int FirstValueGuess = 32;
    private readonly string _storeName;
    private readonly KeyCodec<TKey> _keys;
    private readonly ValueCodec<TValue> _values;
    private readonly EntrySlab<TKey, TValue> _slab;
    private readonly PooledBuffer _keyBuffer = new();
    private readonly PooledBuffer _valueBuffer = new();
    private readonly PendingWrites<TValue> _writes = new();
    private readonly EntryWriter<TKey, TValue> _writer;
    private readonly List<int> _uncommitted = [];
    private readonly KeyOrder<TKey, TValue> _order;
    private StateStoreContext? _context;
    private OriginTracker? _origins;
    private CacheShare? _share;
    private long _sequence;
    private int _valueGuess = FirstValueGuess;
    private int _hand;
    private int _lastFound = -1;

    public WriteBackCache(string storeName, KeyCodec<TKey> keys, ValueCodec<TValue> values)
    {
        _storeName = storeName;
        _keys = keys;
        _values = values;
        _writer = new EntryWriter<TKey, TValue>(keys, values);
        _slab = new EntrySlab<TKey, TValue>(keys.Comparer);
        _order = new KeyOrder<TKey, TValue>(_slab, keys);
    }

    public FlushListener<TKey, TValue>? Listener { get; set; }

    public StateStoreContext Context => _context ?? throw NotOpen();

    private CacheShare Share => _share ?? throw NotOpen();

    public KeyCodec<TKey> Keys => _keys;

    public ValueCodec<TValue> Values => _values;

    public int Count => _slab.Count;

    public bool IsDirty => _writes.Count > 0;

    public void Open(StateStoreContext context)
    {
        if (_context is not null)
        {
            throw new InvalidOperationException($"Store '{_storeName}' is open already.");
        }

        _context = context;
        _origins = context.Origins;
        _share = new CacheShare(context.Budget);
    }

    public void Close()
    {
        if (_context is null)
        {
            return;
        }

        Rollback();
        Share.Leave();
        _share = null;
        _context = null;
    }

    /// <summary>The entry of a key, read from the byte store if need be; without a value if there is none.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        var hash = _slab.HashOf(in key);
        ref var entry = ref _slab.Find(in key, hash);
        if (Unsafe.IsNullRef(ref entry))
        {
            return ref Load(in key, hash);
        }

        entry.Touch();
        _lastFound = entry.Slot;
        return ref entry;
    }

    /// <summary>The key of an entry that <see cref="Find"/> has returned.</summary>
    public ref readonly TKey KeyOf(ref CacheEntry<TValue> entry)
    {
        Verify(ref entry);
        return ref _slab.Key(entry.Slot);
    }

    /// <summary>Writes an entry that <see cref="Find"/> has returned.</summary>
    public void Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        Verify(ref entry);
        var hadValue = entry.HasValue;
        if (!entry.IsDirty)
        {
            BeginWrite(ref entry);
        }

        entry.SetValue(value, hasValue, timestamp);
        ref var write = ref _writes[entry.Write];
        write.Sequence = ++_sequence;
        write.Headers = headers;
        if (_origins is not null)
        {
            write.Origin = _origins.Current;
        }

        if (hasValue && !hadValue)
        {
            Share.AddDirty(entry.Resize(_valueGuess));
        }
    }

    /// <summary>Stages all dirty entries; see <see cref="StateStore.Flush"/>.</summary>
    public void Flush()
    {
        if (_writes.Count == 0)
        {
            return;
        }

        try
        {
            // What a listener forwards may come back and write here: the loop ends when nothing is dirty.
            while (_writes.BeginRound())
            {
                FlushRound();
            }
        }
        finally
        {
            _origins?.Enter(RecordOrigin.None);
        }
    }

    /// <summary>Forgets everything, clean entries too: code that failed may have changed their values in place.</summary>
    public void Rollback()
    {
        _slab.Clear();
        _writes.Clear();
        _uncommitted.Clear();
        _order.Clear();
        _hand = 0;
        _lastFound = -1;
        Share.Clear();
    }

    public void Committed()
    {
        if (_writes.Count > 0)
        {
            throw new InvalidOperationException(
                $"Store '{_storeName}' has {_writes.Count} changes that were not flushed before the commit.");
        }

        foreach (var slot in _uncommitted)
        {
            _slab[slot].Commit();
        }

        _uncommitted.Clear();
        _order.Clear();
        Share.Commit();
        _lastFound = -1;
        Evict(_slab.Capacity * 2);
        if (_slab.Compact())
        {
            _hand = 0;
        }
    }

    /// <summary>
    /// What is written in a range of the byte store's keys and not committed, deletions included, as it is now and in
    /// order of the keys.
    /// </summary>
    public void CopyUncommitted(
        ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse, List<PendingEntry<TKey, TValue>> copies)
    {
        if (_uncommitted.Count > 0)
        {
            _order.Copy(_uncommitted, from, to, reverse, copies);
        }
    }

    private ref CacheEntry<TValue> Load(scoped in TKey key, int hash)
    {
        Evict(EvictionSteps);
        _keyBuffer.Clear();
        _keys.WriteStoreKey(in key, _keyBuffer);
        _valueBuffer.Clear();
        var found = Context.Bytes.TryGet(_keyBuffer.Written, _valueBuffer);
        var timestamp = ValueCodec<TValue>.NoTimestamp;
        var value = found ? _values.Read(_valueBuffer.Written, out timestamp) : default!;
        var slot = _slab.Add(in key, hash);
        ref var entry = ref _slab[slot];
        entry = CacheEntry<TValue>.Loaded(
            slot, value, found, timestamp, _keyBuffer.Length + EntrySlab<TKey, TValue>.SlotBytes, _valueBuffer.Length);
        Share.AddClean(entry.Size);
        _lastFound = slot;
        return ref entry;
    }

    private void BeginWrite(ref CacheEntry<TValue> entry)
    {
        if (!entry.IsUncommitted)
        {
            Share.MoveToDirty(entry.Size);
            _uncommitted.Add(entry.Slot);
            _order.Add(entry.Slot);
        }

        entry.BeginWrite(_writes.Add(entry.Slot));
        ref var write = ref _writes[entry.Write];
        (write.Old, write.HasOld) = (entry.Value, entry.HasValue);
    }

    private void FlushRound()
    {
        try
        {
            while (_writes.TryPeek(out var place))
            {
                FlushEntry(place);
            }
        }
        finally
        {
            _writes.EndRound();
        }
    }

    private void FlushEntry(int place)
    {
        var write = _writes[place];
        ref var entry = ref _slab[write.Slot];
        _origins?.Enter(in write.Origin);

        // Without a record cache Kafka Streams logs the deletion of what is not there; with one it does not.
        var skip = Listener is not null && !entry.HasValue && !write.HasOld;
        if (!skip)
        {
            Stage(write.Slot, ref entry);
        }

        var key = _slab.Key(write.Slot);
        var change = new Change<TValue>(entry.Value, entry.HasValue, write.Old, write.HasOld);
        var timestamp = entry.Timestamp;
        entry.Stage();
        _writes.Take();
        if (!skip)
        {
            Listener?.Flushed(in key, in change, timestamp, write.Headers);
        }
    }

    private void Stage(int slot, ref CacheEntry<TValue> entry)
    {
        var valueBytes = _writer.Write(Context, in _slab.Key(slot), in entry);
        if (entry.HasValue)
        {
            _valueGuess += (valueBytes - _valueGuess) / 8;
        }

        Share.AddDirty(entry.Resize(valueBytes));
    }

    /// <summary>The clock: a clean entry not used since the hand last passed it goes.</summary>
    private void Evict(int steps)
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
    private void Verify(ref CacheEntry<TValue> entry)
    {
        if (entry.Slot != _lastFound || !_slab.IsCurrent(ref entry))
        {
            ThrowStale();
        }
    }

    private InvalidOperationException NotOpen() => new($"Store '{_storeName}' is not open.");

    private void ThrowStale() => throw new InvalidOperationException(
        $"Store '{_storeName}': this entry was returned before another Find. Find it again before writing to it.");
}
