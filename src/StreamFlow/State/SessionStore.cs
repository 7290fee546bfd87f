using System.Buffers;
using System.Runtime.CompilerServices;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A session store: per key any number of sessions, each with its first and last timestamp, kept for a retention time
/// after their end. Values have no timestamp of their own: that of a session is its end.
/// </summary>
internal sealed class SessionStore<TKey, TValue> : StateStore, IReadOnlySessionStore<TKey, TValue>
{
    private const long NoTime = -1;
    private readonly ISerde<TKey> _keySerde;
    private readonly WindowExpiry _expiry;
    private readonly SegmentCleaner _segments;
    private readonly WriteBackCache<SessionKey<TKey>, TValue> _cache;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private CacheEntry<TValue> _expired;

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="retentionMs">How long behind the latest end a session is kept.</param>
    public SessionStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, long retentionMs)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(retentionMs);
        _keySerde = keySerde;
        _expiry = new WindowExpiry(retentionMs);
        _segments = new SegmentCleaner(_expiry);
        _cache = new WriteBackCache<SessionKey<TKey>, TValue>(
            name,
            new SessionKeyCodec<TKey>(keySerde, _expiry),
            new ValueCodec<TValue>(name, valueSerde, timestamped: false));
        _expired = CacheEntry<TValue>.Nothing();
    }

    /// <summary>Highest session end written, -1 before the first.</summary>
    public long StreamTime => _expiry.StreamTime;

    /// <summary>Set when updates are forwarded at the flush, not one by one.</summary>
    public FlushListener<SessionKey<TKey>, TValue>? FlushListener
    {
        get => _cache.Listener;
        set => _cache.Listener = value;
    }

    public override bool IsDirty => _cache.IsDirty;

    public override void Open(StateStoreContext context)
    {
        _cache.Open(context);
        Restored();
    }

    /// <summary>The entry of a session, without a value if there is none or it has expired; valid until the next Find.</summary>
    public ref CacheEntry<TValue> Find(in TKey key, long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        if (_expiry.IsExpired(end))
        {
            _expired = CacheEntry<TValue>.Nothing();
            return ref _expired;
        }

        return ref _cache.Find(new SessionKey<TKey>(key, start, end));
    }

    /// <summary>Writes an entry that <see cref="Find"/> has returned; without a value it is deleted.</summary>
    /// <returns>False if the session has expired, which was reported then.</returns>
    public bool Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var end = Unsafe.AreSame(ref entry, ref _expired) ? NoTime : _cache.KeyOf(ref entry).End;
        if (_expiry.IsExpired(end))
        {
            _cache.Context.Dropped(WindowExpiry.Reason);
            return false;
        }

        _expiry.Advance(end);
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
        if (record.Key.Length < SessionKeyCodec<TKey>.SuffixBytes)
        {
            throw WindowExpiry.KeyTooShort(Name, in record);
        }

        var end = SessionKeyCodec<TKey>.EndOf(record.Key);
        if (_expiry.IsExpired(end))
        {
            return;
        }

        _to.Clear();
        SegmentCleaner.WriteSegment(_expiry.SegmentOf(end), _to);
        _to.Write(record.Key);
        var index = _cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, _to.Written, record.Value);
        }
        else
        {
            batch.Delete(index, _to.Written);
        }

        _segments.Restore(end, index, batch);
    }

    public override void Restored() => _segments.Load(_cache.Context.Bytes);

    /// <summary>
    /// Goes through the sessions of a key that end at or after one time and start at or before another, by end, then
    /// start; dispose it.
    /// </summary>
    public StoreIterator<SessionKey<TKey>, TValue> Scan(
        in TKey key, long earliestEnd, long latestStart, bool reverse = false)
    {
        earliestEnd = Math.Max(earliestEnd, _expiry.FirstLiveStart);
        _key.Clear();
        _keySerde.Serialize(key, _key);
        var filter = new SessionFilter(earliestEnd, latestStart, _key.Written.ToArray());
        var iterator = new StoreIterator<SessionKey<TKey>, TValue>(_cache, reverse, filter);
        var (first, last) = (_expiry.SegmentOf(earliestEnd), _expiry.SegmentOf(Math.Max(_expiry.StreamTime, 0)));
        for (var i = 0L; i <= last - first; i++)
        {
            var segment = reverse ? last - i : first + i;
            WriteBound(segment, start: 0, earliestEnd, _from);
            WriteBound(segment, long.MaxValue, long.MaxValue, _to);
            iterator.AddRange(_from.Written, _to.Written);
        }

        return iterator;
    }

    /// <summary>Goes through all sessions that have not expired; dispose it.</summary>
    public StoreIterator<SessionKey<TKey>, TValue> ScanAll(bool reverse = false)
    {
        var filter = new SessionFilter(_expiry.FirstLiveStart, long.MaxValue, key: null);
        var iterator = new StoreIterator<SessionKey<TKey>, TValue>(_cache, reverse, filter);
        _from.Clear();
        SegmentCleaner.WriteSegment(_expiry.FirstLiveSegment, _from);
        _to.Clear();
        SegmentCleaner.WriteSegment(_expiry.SegmentOf(Math.Max(_expiry.StreamTime, 0)) + 1, _to);
        iterator.AddRange(_from.Written, _to.Written);
        return iterator;
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false) =>
        FindSessions(key, 0, long.MaxValue, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        Sequence(() => Scan(in key, earliestEnd, latestStart, reverse));

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false) =>
        Sequence(() => ScanAll(reverse));

    private static IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Sequence(
        Func<StoreIterator<SessionKey<TKey>, TValue>> open)
    {
        using var iterator = open();
        while (iterator.MoveNext())
        {
            var (key, start, end) = iterator.Key;
            yield return new(new Windowed<TKey>(key, new Window(start, end)), iterator.Value);
        }
    }

    private void WriteBound(long segment, long start, long end, PooledBuffer buffer)
    {
        buffer.Clear();
        SegmentCleaner.WriteSegment(segment, buffer);
        buffer.Write(_key.Written);
        SessionKeyCodec<TKey>.WriteSuffix(start, end, buffer);
    }
}
