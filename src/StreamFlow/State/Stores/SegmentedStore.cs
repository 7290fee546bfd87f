using System.Buffers;
using System.Runtime.CompilerServices;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// What window and session stores have in common: keys with a time, kept for a retention time behind the latest of them
/// and then removed with their segment.
/// </summary>
/// <typeparam name="TKey">Key of the store: record key and times.</typeparam>
/// <typeparam name="TRecordKey">Key of the records.</typeparam>
/// <typeparam name="TValue">Value.</typeparam>
internal abstract class SegmentedStore<TKey, TRecordKey, TValue> : CachedStore<TKey, TValue>
{
    private const long NoTime = -1;
    private readonly SegmentRanges _ranges = new();
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();
    private readonly ChangelogFloor _floor;
    private readonly ObservedTime _observed = new();
    private CacheEntry<TValue> _expired = CacheEntry<TValue>.Nothing();

    protected SegmentedStore(
        string name, SegmentedKeyCodec<TKey> keys, ISerde<TRecordKey> recordKeys, ValueFormat<TValue> values,
        bool keepsCommitted = true)
        : base(name, keys, values, keepsCommitted)
    {
        Keys = keys;
        RecordKeys = recordKeys;
        Segments = new SegmentCleaner(keys.Expiry);
        _floor = new ChangelogFloor(keys.Expiry);
    }

    /// <summary>Highest time written, -1 before the first.</summary>
    public long StreamTime => Expiry.StreamTime;

    /// <summary>
    /// Whether the latest record time that operators have seen is kept with the store; then changelog records have the times of
    /// the records that made them.
    /// </summary>
    public bool KeepsObservedTime { get; init; }

    /// <summary>Latest record time that an operator has seen, -1 before the first.</summary>
    public long ObservedTime => _observed.Value;

    /// <summary>Whether what has a time has not expired, so that it can be written.</summary>
    public bool Takes(long time) => !Expiry.IsExpired(time);

    protected SegmentedKeyCodec<TKey> Keys { get; }

    public ISerde<TRecordKey> RecordKeys { get; }

    /// <summary>Keys that are written, in a store that is mostly asked for keys it does not have; null in others.</summary>
    protected SegmentKeys? LiveKeys { get; init; }

    protected WindowExpiry Expiry => Keys.Expiry;

    protected SegmentCleaner Segments { get; }

    public override void Open(StateStoreContext context)
    {
        base.Open(context);
        Restored();
    }

    /// <summary>An operator has seen a record of that time, whatever became of it.</summary>
    public void Observe(long time) => _observed.Advance(time);

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.OldValue"/>
    public TValue OldValue(ref CacheEntry<TValue> entry) =>
        Unsafe.AreSame(ref entry, ref _expired) ? entry.Value : Cache.OldValue(ref entry);

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.Undo"/>
    public void Undo(ref CacheEntry<TValue> entry)
    {
        if (!Unsafe.AreSame(ref entry, ref _expired))
        {
            Cache.Undo(ref entry);
        }
    }

    /// <summary>Writes an entry that Find has returned; without a value it is deleted.</summary>
    /// <returns>False if it has expired, which was reported then.</returns>
    public bool Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var time = Unsafe.AreSame(ref entry, ref _expired) ? NoTime : Keys.TimeOf(in Cache.KeyOf(ref entry));
        if (!Admits(time))
        {
            return false;
        }

        Cache.Set(ref entry, value, hasValue, timestamp, headers);
        return true;
    }

    public override void Flush()
    {
        base.Flush();
        Segments.Flush(Cache.Context.Index, Cache.Context.Batch);
        if (KeepsObservedTime)
        {
            _observed.Flush(Cache.Context.Index, Cache.Context.Batch);
        }
    }

    public override void Rollback()
    {
        base.Rollback();
        Segments.Rollback();
        _observed.Rollback();
    }

    public override void Committed()
    {
        base.Committed();
        Segments.Committed();
        _observed.Commit();
    }

    public override void Close()
    {
        LiveKeys?.Reset(budget: null);
        base.Close();
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        if (record.Key.Length < Keys.SuffixBytes)
        {
            throw WindowExpiry.KeyTooShort(Name, in record);
        }

        var time = Keys.TimeOf(record.Key);
        _floor.Restoring(time, record.Offset);
        if (KeepsObservedTime)
        {
            _observed.Restore(record.Timestamp, Cache.Context.Index, batch);
        }

        if (Expiry.IsExpired(time))
        {
            return;
        }

        _key.Clear();
        SegmentCleaner.WriteSegment(Expiry.SegmentOf(time), _key);
        _key.Write(record.Key);
        var index = Cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, _key.Written, Cache.Values.Restore(in record, headers, _value));
        }
        else
        {
            batch.Delete(index, _key.Written);
        }

        Segments.Restore(time, index, batch);
    }

    public override void Restored()
    {
        Segments.Load(Cache.Context.Bytes);
        LiveKeys?.Reset(Cache.Context.Budget);
        _observed.Load(Cache.Context.Bytes, StreamTime);
        _floor.Load(Cache.Context.Bytes);
    }

    internal override long ChangelogStart => _floor.Offset;

    internal override void Logged(long end, StoreBatch batch) => _floor.Advance(end, Cache.Context.Index, batch);

    protected ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        if (Expiry.IsExpired(Keys.TimeOf(in key)))
        {
            _expired = CacheEntry<TValue>.Nothing();
            return ref _expired;
        }

        return ref Cache.Find(in key);
    }

    /// <summary>Moves the stream time on, unless the time has expired: that is reported.</summary>
    protected bool Admits(long time)
    {
        if (Expiry.IsExpired(time))
        {
            Cache.Context.Refuse(Expiry, time);
            return false;
        }

        Expiry.Advance(time);
        return true;
    }

    /// <summary>A record key is about to be written, where <see cref="LiveKeys"/> are known.</summary>
    protected void Note(in TRecordKey key, long time)
    {
        _key.Clear();
        RecordKeys.Serialize(key, _key);
        LiveKeys!.Add(Expiry.SegmentOf(time), KeyHash.Of(_key.Written));
    }

    /// <summary>Goes through what one record key has between two times; see <see cref="SegmentedKeyCodec{TKey}.Bound"/>.</summary>
    protected StoreIterator<TKey, TValue> ScanKey(in TRecordKey key, long low, long high, bool reverse)
    {
        var iterator = Cache.Scan(reverse);
        var (earliest, latest) = Keys.Bound(iterator.Filter, Expiry, low, high);
        RecordKeys.Serialize(key, _ranges.Key);
        _ranges.SetForKey(Expiry, earliest, latest, reverse);
        iterator.Filter.SetKey(_ranges.KeyBytes);
        var hash = LiveKeys is null ? 0 : KeyHash.Of(_ranges.KeyBytes);
        while (_ranges.MoveNext())
        {
            if (LiveKeys?.MayHave(_ranges.Segment, hash) != false)
            {
                iterator.AddRange(_ranges.From, _ranges.To);
            }
        }

        return iterator;
    }

    /// <summary>The same for all keys.</summary>
    protected StoreIterator<TKey, TValue> ScanKeys(long low, long high, bool reverse)
    {
        var iterator = Cache.Scan(reverse);
        var (earliest, latest) = Keys.Bound(iterator.Filter, Expiry, low, high);
        _ranges.SetForAll(Expiry, earliest, latest);
        return AddRanges(iterator);
    }

    /// <summary>The same for the keys in a range.</summary>
    protected StoreIterator<TKey, TValue> ScanKeys(in KeyRange<TRecordKey> keys, long low, long high, bool reverse)
    {
        if (!keys.HasFirst && !keys.HasLast)
        {
            return ScanKeys(low, high, reverse);
        }

        var iterator = Cache.Scan(reverse);
        var (earliest, latest) = Keys.Bound(iterator.Filter, Expiry, low, high);
        _ranges.SetForKeys(in keys, RecordKeys, iterator.Filter, Expiry, earliest, latest, reverse);
        return AddRanges(iterator);
    }

    private StoreIterator<TKey, TValue> AddRanges(StoreIterator<TKey, TValue> iterator)
    {
        while (_ranges.MoveNext())
        {
            iterator.AddRange(_ranges.From, _ranges.To);
        }

        return iterator;
    }
}
