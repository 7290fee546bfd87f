using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A window store: per key one value for each start of a window, kept for a retention time.</summary>
internal sealed class WindowStore<TKey, TValue> : StateStore, IReadOnlyWindowStore<TKey, TValue>
{
    /// <summary>Reason given for a write to a window that has expired.</summary>
    public const string ExpiredReason = "expired";

    private readonly ISerde<TKey> _keySerde;
    private readonly ValueCodec<TValue> _values;
    private readonly WindowExpiry _expiry;
    private readonly WriteBackCache<WindowKey<TKey>, TValue> _cache;
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private CacheEntry<TValue> _expired;
    private long _oldestSegment;
    private long _committedOldestSegment;

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="timestamped">Whether the timestamp of each value is kept with it.</param>
    /// <param name="windowSizeMs">Length of the windows, to show their ends.</param>
    /// <param name="retentionMs">How long behind the latest start a window is kept.</param>
    public WindowStore(
        string name,
        ISerde<TKey> keySerde,
        ISerde<TValue> valueSerde,
        bool timestamped,
        long windowSizeMs,
        long retentionMs)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(retentionMs);
        _keySerde = keySerde;
        WindowSizeMs = windowSizeMs;
        _values = new ValueCodec<TValue>(name, valueSerde, timestamped);
        _expiry = new WindowExpiry(retentionMs);
        _cache = new WriteBackCache<WindowKey<TKey>, TValue>(
            name, new WindowKeyCodec<TKey>(keySerde, _expiry), _values);
        _expired = NoEntry();
    }

    public long WindowSizeMs { get; }

    /// <summary>Highest window start written, -1 before the first.</summary>
    public long StreamTime => _expiry.StreamTime;

    /// <summary>Set when updates are forwarded at the flush, not one by one.</summary>
    public FlushListener<WindowKey<TKey>, TValue>? FlushListener
    {
        get => _cache.Listener;
        set => _cache.Listener = value;
    }

    public long ApproximateCount => _cache.Context.Bytes.ApproximateCount;

    public override void Open(StateStoreContext context)
    {
        _cache.Open(context);
        Restored();
    }

    /// <summary>The entry of a window, without a value if there is none or it has expired; valid until the next Find.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key, long windowStart)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowStart);
        if (_expiry.IsExpired(windowStart))
        {
            _expired = NoEntry();
            return ref _expired;
        }

        return ref _cache.Find(new WindowKey<TKey>(key, windowStart));
    }

    /// <summary>Writes an entry that <see cref="Find"/> has returned; without a value it is deleted.</summary>
    /// <returns>False if the window has expired, which was reported then.</returns>
    public bool Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        if (Unsafe.AreSame(ref entry, ref _expired) || _expiry.IsExpired(_cache.KeyOf(ref entry).Start))
        {
            _cache.Context.Dropped(ExpiredReason);
            return false;
        }

        _expiry.Advance(_cache.KeyOf(ref entry).Start);
        _cache.Set(ref entry, value, hasValue, timestamp, headers);
        return true;
    }

    public override void Flush()
    {
        _cache.Flush();
        if (!_expiry.HasAdvanced)
        {
            return;
        }

        var context = _cache.Context;
        WriteStreamTime(context.Batch);
        var live = _expiry.FirstLiveSegment;
        if (live > _oldestSegment)
        {
            _from.Clear();
            WindowKeyCodec<TKey>.WriteSegment(_oldestSegment, _from);
            _to.Clear();
            WindowKeyCodec<TKey>.WriteSegment(live, _to);
            context.Batch.DeleteRange(context.Index, _from.Written, _to.Written);
            _oldestSegment = live;
        }
    }

    public override void Rollback()
    {
        _cache.Rollback();
        _expiry.Rollback();
        _oldestSegment = _committedOldestSegment;
    }

    public override void Committed()
    {
        _cache.Committed();
        _expiry.Commit();
        _committedOldestSegment = _oldestSegment;
    }

    public override void Close() => _cache.Close();

    public override void Restore(in ByteRecord record, StoreBatch batch)
    {
        if (record.Key.Length < WindowKeyCodec<TKey>.SuffixBytes)
        {
            throw new StateStoreException(
                $"The changelog of store '{Name}' has a key of {record.Key.Length} bytes at offset {record.Offset}, too "
                + "short for a window. Check that the topic belongs to this application and was not written by another.");
        }

        var start = WindowKeyCodec<TKey>.StartOf(record.Key);
        if (_expiry.IsExpired(start))
        {
            return;
        }

        _to.Clear();
        WindowKeyCodec<TKey>.WriteSegment(_expiry.SegmentOf(start), _to);
        record.Key.CopyTo(_to.GetSpan(record.Key.Length));
        _to.Advance(record.Key.Length);
        var index = _cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, _to.Written, _values.Restore(record.Value, record.Timestamp, _from));
        }
        else
        {
            batch.Delete(index, _to.Written);
        }

        if (start > _expiry.StreamTime)
        {
            _expiry.Advance(start);
            WriteStreamTime(batch);
        }
    }

    public override void Restored()
    {
        var bytes = _cache.Context.Bytes;
        _from.Clear();
        if (bytes.TryGet(WindowKeyCodec<TKey>.StreamTimeKey, _from))
        {
            _expiry.Load(BinaryPrimitives.ReadInt64BigEndian(_from.Written));
        }

        using var iterator = bytes.Range(default, WindowKeyCodec<TKey>.EndOfWindows);
        _oldestSegment = iterator.MoveNext()
            ? BinaryPrimitives.ReadInt64BigEndian(iterator.Key)
            : _expiry.FirstLiveSegment;
        _committedOldestSegment = _oldestSegment;
    }

    /// <summary>Goes through the windows of a key that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> Scan(in TKey key, long from, long to, bool reverse = false)
    {
        from = Math.Max(from, _expiry.FirstLiveStart);
        to = Math.Min(to, _expiry.StreamTime);
        var iterator = new StoreIterator<WindowKey<TKey>, TValue>(_cache, reverse, new WindowStarts(from, to));
        if (from > to)
        {
            return iterator;
        }

        var (first, last) = (_expiry.SegmentOf(from), _expiry.SegmentOf(to));
        for (var i = 0L; i <= last - first; i++)
        {
            var segment = reverse ? last - i : first + i;
            WriteBound(segment, in key, from, _from);
            WriteBound(segment, in key, to, _to);
            // The key after the last one included is that key with a zero byte behind it.
            _to.GetSpan(1)[0] = 0;
            _to.Advance(1);
            iterator.AddRange(_from.Written, _to.Written);
        }

        return iterator;
    }

    /// <summary>Goes through the windows of all keys that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> ScanAll(long from, long to, bool reverse = false)
    {
        from = Math.Max(from, _expiry.FirstLiveStart);
        to = Math.Min(to, _expiry.StreamTime);
        var iterator = new StoreIterator<WindowKey<TKey>, TValue>(_cache, reverse, new WindowStarts(from, to));
        if (from <= to)
        {
            _from.Clear();
            WindowKeyCodec<TKey>.WriteSegment(_expiry.SegmentOf(from), _from);
            _to.Clear();
            WindowKeyCodec<TKey>.WriteSegment(_expiry.SegmentOf(to) + 1, _to);
            iterator.AddRange(_from.Written, _to.Written);
        }

        return iterator;
    }

    public bool TryFetch(TKey key, long windowStart, [MaybeNullWhen(false)] out TValue value)
    {
        ref var entry = ref Find(in key, windowStart);
        value = entry.Value;
        return entry.HasValue;
    }

    public bool TryFetchWithTimestamp(TKey key, long windowStart, out ValueAndTimestamp<TValue> value)
    {
        ref var entry = ref Find(in key, windowStart);
        value = entry.HasValue ? new ValueAndTimestamp<TValue>(entry.Value, entry.Timestamp) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<long, ValueAndTimestamp<TValue>>> Fetch(
        TKey key, long from, long to, bool reverse = false)
    {
        using var iterator = Scan(in key, from, to, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key.Start, iterator.ValueAndTimestamp);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(
        long from, long to, bool reverse = false)
    {
        using var iterator = ScanAll(from, to, reverse);
        while (iterator.MoveNext())
        {
            var (key, start) = iterator.Key;
            yield return new(
                new Windowed<TKey>(key, new Window(start, start + WindowSizeMs)), iterator.ValueAndTimestamp);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        FetchAll(0, long.MaxValue, reverse);

    private static CacheEntry<TValue> NoEntry() =>
        CacheEntry<TValue>.Loaded(-1, default!, hasValue: false, ValueCodec<TValue>.NoTimestamp, 0, 0);

    private void WriteBound(long segment, in TKey key, long start, PooledBuffer buffer)
    {
        buffer.Clear();
        WindowKeyCodec<TKey>.WriteSegment(segment, buffer);
        _keySerde.Serialize(key, buffer);
        WindowKeyCodec<TKey>.WriteSuffix(start, buffer);
    }

    private void WriteStreamTime(StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, _expiry.StreamTime);
        batch.Put(_cache.Context.Index, WindowKeyCodec<TKey>.StreamTimeKey, time);
    }
}
