using System.Buffers;
using System.Runtime.CompilerServices;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A window store: per key one value for each start of a window, kept for a retention time.</summary>
internal sealed partial class WindowStore<TKey, TValue> : StateStore, IReadOnlyWindowStore<TKey, TValue>
{
    private const long NoStart = -1;
    private readonly ISerde<TKey> _keySerde;
    private readonly ValueCodec<TValue> _values;
    private readonly WindowExpiry _expiry;
    private readonly SegmentCleaner _segments;
    private readonly WriteBackCache<WindowKey<TKey>, TValue> _cache;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private CacheEntry<TValue> _expired;

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
        _segments = new SegmentCleaner(_expiry);
        _cache = new WriteBackCache<WindowKey<TKey>, TValue>(
            name, new WindowKeyCodec<TKey>(keySerde, _expiry), _values);
        _expired = CacheEntry<TValue>.Nothing();
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

    public override bool IsDirty => _cache.IsDirty;

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
            _expired = CacheEntry<TValue>.Nothing();
            return ref _expired;
        }

        return ref _cache.Find(new WindowKey<TKey>(key, windowStart));
    }

    /// <summary>Writes an entry that <see cref="Find"/> has returned; without a value it is deleted.</summary>
    /// <returns>False if the window has expired, which was reported then.</returns>
    public bool Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var start = Unsafe.AreSame(ref entry, ref _expired) ? NoStart : _cache.KeyOf(ref entry).Start;
        if (_expiry.IsExpired(start))
        {
            _cache.Context.Dropped(WindowExpiry.Reason);
            return false;
        }

        _expiry.Advance(start);
        _cache.Set(ref entry, value, hasValue, timestamp, headers);
        return true;
    }

    public override void Flush()
    {
        _cache.Flush();
        _segments.Flush(_cache.Context);
    }

    public override void Rollback()
    {
        _cache.Rollback();
        _segments.Rollback();
    }

    public override void Committed()
    {
        _cache.Committed();
        _segments.Committed();
    }

    public override void Close() => _cache.Close();

    public override void Restore(in ByteRecord record, StoreBatch batch)
    {
        if (record.Key.Length < WindowKeyCodec<TKey>.SuffixBytes)
        {
            throw WindowExpiry.KeyTooShort(Name, in record);
        }

        var start = WindowKeyCodec<TKey>.StartOf(record.Key);
        if (_expiry.IsExpired(start))
        {
            return;
        }

        _to.Clear();
        SegmentCleaner.WriteSegment(_expiry.SegmentOf(start), _to);
        _to.Write(record.Key);
        var index = _cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, _to.Written, _values.Restore(record.Value, record.Timestamp, _from));
        }
        else
        {
            batch.Delete(index, _to.Written);
        }

        _segments.Restore(start, index, batch);
    }

    public override void Restored() => _segments.Load(_cache.Context.Bytes);
}
