using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A window store: per key one value for each start of a window, kept for a retention time.</summary>
internal sealed partial class WindowStore<TKey, TValue> : StateStore, IReadOnlyWindowStore<TKey, TValue>
{
    /// <summary>Reason given for a write to a window that has expired.</summary>
    public const string ExpiredReason = "expired";

    private const long NoStart = -1;
    private readonly ISerde<TKey> _keySerde;
    private readonly ValueCodec<TValue> _values;
    private readonly WindowExpiry _expiry;
    private readonly WriteBackCache<WindowKey<TKey>, TValue> _cache;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private CacheEntry<TValue> _expired;
    private long _oldestSegment;
    private long _committedLiveSegment;

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
        var start = Unsafe.AreSame(ref entry, ref _expired) ? NoStart : _cache.KeyOf(ref entry).Start;
        if (_expiry.IsExpired(start))
        {
            _cache.Context.Dropped(ExpiredReason);
            return false;
        }

        _expiry.Advance(start);
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

        var batch = _cache.Context.Batch;
        WriteStreamTime(batch);
        if (_expiry.FirstLiveSegment > _oldestSegment)
        {
            WriteRemoval(_oldestSegment, batch);
        }
    }

    public override void Rollback()
    {
        _cache.Rollback();
        _expiry.Rollback();
    }

    public override void Committed()
    {
        _cache.Committed();
        _expiry.Commit();
        // A removal comes before the other changes of its batch, so it misses segments filled and expired within one
        // batch; none of these is older than what was live at the commit before.
        _oldestSegment = _committedLiveSegment;
        _committedLiveSegment = _expiry.FirstLiveSegment;
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
            AdvanceRestored(start, batch);
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
        _committedLiveSegment = _expiry.FirstLiveSegment;
    }

    private static CacheEntry<TValue> NoEntry() =>
        CacheEntry<TValue>.Loaded(-1, default!, hasValue: false, ValueCodec<TValue>.NoTimestamp, 0, 0);

    private void AdvanceRestored(long start, StoreBatch batch)
    {
        var live = _expiry.FirstLiveSegment;
        _expiry.Advance(start);
        WriteStreamTime(batch);
        if (_expiry.FirstLiveSegment > live)
        {
            // What a batch fills and lets expire stays behind (see Committed), and it is not known where one begins:
            // each removal starts from the lowest segment there may be.
            WriteRemoval(0, batch);
        }
    }

    private void WriteRemoval(long oldestSegment, StoreBatch batch)
    {
        _from.Clear();
        WindowKeyCodec<TKey>.WriteSegment(oldestSegment, _from);
        _to.Clear();
        WindowKeyCodec<TKey>.WriteSegment(_expiry.FirstLiveSegment, _to);
        batch.DeleteRange(_cache.Context.Index, _from.Written, _to.Written);
    }

    private void WriteStreamTime(StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, _expiry.StreamTime);
        batch.Put(_cache.Context.Index, WindowKeyCodec<TKey>.StreamTimeKey, time);
    }
}
