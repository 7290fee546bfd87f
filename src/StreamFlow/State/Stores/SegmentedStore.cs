using System.Buffers;
using System.Buffers.Binary;
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
internal abstract class SegmentedStore<TKey, TRecordKey, TValue> : StateStore
{
    private const long NoTime = -1;
    private readonly SegmentedKeyCodec<TKey> _keys;
    private readonly ISerde<TRecordKey> _recordKeys;
    private readonly ValueFormat<TValue> _values;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private CacheEntry<TValue> _expired = CacheEntry<TValue>.Nothing();

    protected SegmentedStore(
        string name, SegmentedKeyCodec<TKey> keys, ISerde<TRecordKey> recordKeys, ValueFormat<TValue> values)
        : base(name)
    {
        _keys = keys;
        _recordKeys = recordKeys;
        _values = values;
        Segments = new SegmentCleaner(keys.Expiry);
        Cache = new WriteBackCache<TKey, TValue>(name, keys, values);
    }

    /// <summary>Highest time written, -1 before the first.</summary>
    public long StreamTime => Expiry.StreamTime;

    /// <summary>Set when updates are forwarded at the flush, not one by one.</summary>
    public FlushListener<TKey, TValue>? FlushListener
    {
        get => Cache.Listener;
        set => Cache.Listener = value;
    }

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.KeepsOldValues"/>
    public bool KeepsOldValues
    {
        get => Cache.KeepsOldValues;
        set => Cache.KeepsOldValues = value;
    }

    public long ApproximateCount => Cache.Context.Bytes.ApproximateCount;

    public override bool KeepsHeaders => _values.KeepsHeaders;

    protected WriteBackCache<TKey, TValue> Cache { get; }

    protected WindowExpiry Expiry => _keys.Expiry;

    protected SegmentCleaner Segments { get; }

    public override void Open(StateStoreContext context)
    {
        Cache.Open(context);
        Restored();
    }

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.OldValue"/>
    public TValue OldValue(ref CacheEntry<TValue> entry) =>
        Unsafe.AreSame(ref entry, ref _expired) ? entry.Value : Cache.OldValue(ref entry);

    /// <summary>Writes an entry that Find has returned; without a value it is deleted.</summary>
    /// <returns>False if it has expired, which was reported then.</returns>
    public bool Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var time = Unsafe.AreSame(ref entry, ref _expired) ? NoTime : _keys.TimeOf(in Cache.KeyOf(ref entry));
        if (!Admits(time))
        {
            return false;
        }

        Cache.Set(ref entry, value, hasValue, timestamp, headers);
        return true;
    }

    public override void Flush()
    {
        Cache.Flush();
        Segments.Flush(Cache.Context.Index, Cache.Context.Batch);
    }

    public override void Rollback()
    {
        Cache.Rollback();
        Segments.Rollback();
    }

    public override void Committed()
    {
        Cache.Committed();
        Segments.Committed();
    }

    public override void Close() => Cache.Close();

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        if (record.Key.Length < _keys.SuffixBytes)
        {
            throw WindowExpiry.KeyTooShort(Name, in record);
        }

        var time = _keys.TimeOf(record.Key);
        if (Expiry.IsExpired(time))
        {
            return;
        }

        _to.Clear();
        SegmentCleaner.WriteSegment(Expiry.SegmentOf(time), _to);
        _to.Write(record.Key);
        var index = Cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, _to.Written, _values.Restore(in record, headers, _from));
        }
        else
        {
            batch.Delete(index, _to.Written);
        }

        Segments.Restore(time, index, batch);
    }

    public override void Restored() => Segments.Load(Cache.Context.Bytes);

    protected ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        if (Expiry.IsExpired(_keys.TimeOf(in key)))
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
            Cache.Context.Dropped(WindowExpiry.Reason);
            return false;
        }

        Expiry.Advance(time);
        return true;
    }

    /// <summary>Goes through what one record key has between two times, segment by segment.</summary>
    /// <param name="iterator">The scan, its filter set up for times.</param>
    /// <param name="key">The record key.</param>
    /// <param name="earliest">Lowest time.</param>
    /// <param name="latest">Highest time.</param>
    /// <param name="reverse">Whether to go from the latest segment to the earliest.</param>
    protected void AddRanges(
        StoreIterator<TKey, TValue> iterator, in TRecordKey key, long earliest, long latest, bool reverse)
    {
        _key.Clear();
        _recordKeys.Serialize(key, _key);
        iterator.Filter.SetKey(_key.Written);
        var (first, last) = (Expiry.SegmentOf(earliest), Expiry.SegmentOf(latest));
        for (var i = 0L; i <= last - first; i++)
        {
            var segment = reverse ? last - i : first + i;
            WriteBound(segment, earliest, _from);
            // Times are not negative: the one after the highest there is comes above all in the order of the bytes.
            WriteBound(segment, unchecked(latest + 1), _to);
            iterator.AddRange(_from.Written, _to.Written);
        }
    }

    /// <summary>Goes through all segments of a stretch of time.</summary>
    protected void AddRange(StoreIterator<TKey, TValue> iterator, long earliest, long latest)
    {
        _from.Clear();
        SegmentCleaner.WriteSegment(Expiry.SegmentOf(earliest), _from);
        _to.Clear();
        SegmentCleaner.WriteSegment(Expiry.SegmentOf(latest) + 1, _to);
        iterator.AddRange(_from.Written, _to.Written);
    }

    private void WriteBound(long segment, long time, PooledBuffer buffer)
    {
        buffer.Clear();
        SegmentCleaner.WriteSegment(segment, buffer);
        buffer.Write(_key.Written);
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), time);
        buffer.Advance(sizeof(long));
    }
}
