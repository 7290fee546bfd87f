using System.Buffers;
using StreamFlow.Clients;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Updates that wait for their time: per key the latest one, at the place of the first, ordered by time and then by the keys'
/// bytes. What a suppression works with. Rows lie by key in the byte store and in the changelog; keys and times are in memory,
/// where Kafka Streams has all of it, and are read again after a restart or an abort. The time that was observed lies beside
/// the rows.
/// </summary>
/// <remarks>
/// A value in the changelog is what the serde writes, followed by the time of its place. Its timestamp and headers are those of its
/// changelog record, unless the values have their own.
/// </remarks>
internal sealed class TimeOrderedBuffer<TKey, TValue> : CachedStore<TKey, Buffered<TValue>>
{
    private readonly ISerde<TKey> _keySerde;
    private readonly ISerde<TValue> _valueSerde;
    private readonly PooledBuffer _buffer = new();
    private readonly PooledBuffer _restoredValue = new();
    private readonly ObservedTime _observed = new();
    private readonly Func<TValue, int>? _frameOf;
    private readonly Func<ReadOnlySpan<byte>, long>? _timeOf;
    private readonly bool _isolates;
    private SortedSet<Place>? _places;
    private long _bytes;
    private bool? _hasOwnTimes;

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    public TimeOrderedBuffer(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde)
        : base(
            name,
            new MarkedKeyCodec<TKey>(keySerde),
            new ValueFormat<Buffered<TValue>>(name, new BufferedSerde<TValue>(valueSerde), StoreFormat.Headers))
    {
        (_keySerde, _valueSerde) = (keySerde, valueSerde);
        FlushListener = new TakenBackListener(this);
    }

    /// <summary>A buffer whose values have time and headers in themselves.</summary>
    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="changelogHeaders">Headers of each changelog record that is no deletion.</param>
    /// <param name="frameOf">Bytes of a value that its size does not count.</param>
    /// <param name="timeOf">The time of a value, from its bytes.</param>
    /// <param name="isolates">Whether what is put may be changed by others afterwards, so that a copy must wait.</param>
    public TimeOrderedBuffer(
        string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, Headers changelogHeaders, Func<TValue, int> frameOf,
        Func<ReadOnlySpan<byte>, long> timeOf, bool isolates)
        : base(
            name,
            new MarkedKeyCodec<TKey>(keySerde),
            new ValueFormat<Buffered<TValue>>(name, new BufferedSerde<TValue>(valueSerde, frameOf), StoreFormat.Plain)
            {
                ChangelogHeaders = changelogHeaders,
            })
    {
        (_keySerde, _valueSerde, _frameOf, _timeOf, _isolates) = (keySerde, valueSerde, frameOf, timeOf, isolates);
        FlushListener = new TakenBackListener(this);
    }

    public ISerde<TKey> KeySerde => _keySerde;

    public ISerde<TValue> ValueSerde => _valueSerde;

    /// <summary>Number of keys that wait.</summary>
    public int Count => Places.Count;

    /// <summary>Whether what waits is counted in bytes; without, a value is not serialized before the flush.</summary>
    public bool CountsBytes { get; set; } = true;

    /// <summary>Bytes of what waits: keys, values and 8 for each time, serialized; of no meaning where they are not counted.</summary>
    public long Bytes => Places.Count == 0 ? 0 : _bytes;

    /// <summary>Time of the first in the order; the highest there is when none waits.</summary>
    public long OldestTime => Places.Count == 0 ? long.MaxValue : Places.Min.Time;

    /// <summary>
    /// Latest time that was observed, -1 before the first. It is kept: what is due at once does not wait because the application
    /// was restarted.
    /// </summary>
    public long ObservedTime => _observed.Value;

    /// <summary>An update of that time has come.</summary>
    public void Observe(long time) => _observed.Advance(time);

    private SortedSet<Place> Places => _places ??= ReadPlaces();

    /// <summary>The latest update of a key.</summary>
    /// <returns>False if none waits.</returns>
    public bool TryGet(in TKey key, out ValueAndTimestamp<TValue> value)
    {
        ref var row = ref Cache.Find(in key);
        value = row.HasValue ? new ValueAndTimestamp<TValue>(row.Value.Value, row.Timestamp) : default;
        return row.HasValue;
    }

    /// <summary>The latest update of a key, without its time.</summary>
    /// <returns>False if none waits.</returns>
    public bool TryGetWaiting(in TKey key, out TValue value)
    {
        ref var row = ref Cache.Find(in key);
        value = row.Value.Value;
        return row.HasValue;
    }

    /// <summary>Puts an update in the place of the one of its key that waits, or else at its time.</summary>
    public void Put(in TKey key, TValue value, long time, long timestamp, Headers? headers)
    {
        var places = Places;
        var bytes = CountsBytes || _isolates ? Measure(ref value) : 0;
        ref var row = ref Cache.Find(in key);
        if (row.HasValue)
        {
            time = row.Value.Time;
            _bytes -= row.Value.Bytes;
        }
        else
        {
            var place = PlaceOf(in key, time);
            places.Add(place);
            _bytes += place.KeyBytes.Length;
        }

        _bytes += bytes;
        Cache.Set(ref row, new Buffered<TValue>(value, time, bytes), hasValue: true, timestamp, headers);
    }

    /// <summary>Takes the first update in the order out, if its time is not after another.</summary>
    /// <returns>False if none of that time waits.</returns>
    public bool TryTakeOldest(long latest, out Record<TKey, TValue> update)
    {
        if (OldestTime > latest || Count == 0)
        {
            update = default;
            return false;
        }

        var oldest = Places.Min;
        ref var row = ref Cache.Find(in oldest.Key);
        Places.Remove(oldest);
        _bytes -= oldest.KeyBytes.Length + row.Value.Bytes;
        var timestamp = row.Timestamp >= 0 ? row.Timestamp : row.Value.Time;
        update = new Record<TKey, TValue>(oldest.Key, row.Value.Value, timestamp, row.Headers);
        Cache.Set(ref row, default, hasValue: false, update.Timestamp, headers: null);
        return true;
    }

    public override void Open(StateStoreContext context)
    {
        base.Open(context);
        Restored();
    }

    public override void Flush()
    {
        base.Flush();
        _observed.Flush(Cache.Context.Index, Cache.Context.Batch);
    }

    public override void Rollback()
    {
        base.Rollback();
        _observed.Rollback();
        _places = null;
    }

    public override void Committed()
    {
        base.Committed();
        _observed.Commit();
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        var index = Cache.Context.Index;
        _buffer.Clear();
        _buffer.Write(MarkedKeyCodec<TKey>.Mark);
        _buffer.Write(record.Key);
        if (record.HasValue)
        {
            batch.Put(index, _buffer.Written, Cache.Values.Restore(in record, headers, _restoredValue));
        }
        else
        {
            batch.Delete(index, _buffer.Written);
        }

        ObserveRestored(in record, index, batch);
    }

    public override void Restored()
    {
        _observed.Load(Cache.Context.Bytes, streamTime: -1);
        _hasOwnTimes = null;
        _places = null;
    }

    /// <summary>
    /// An update has its time in itself. A record of Kafka Streams' changelog has the time at which it was sent, so that of a deletion
    /// says something only where those of updates are theirs.
    /// </summary>
    private void ObserveRestored(in ByteRecord record, int index, StoreBatch batch)
    {
        var time = record.HasValue && _timeOf is not null ? _timeOf(record.Value) : record.Timestamp;
        if (record.HasValue)
        {
            _hasOwnTimes = _hasOwnTimes != false && time == record.Timestamp;
        }

        if (record.HasValue || _hasOwnTimes == true)
        {
            _observed.Restore(time, index, batch);
        }
    }

    /// <summary>Bytes of a value, which is a copy of its own afterwards if others may change it.</summary>
    private int Measure(ref TValue value)
    {
        _buffer.Clear();
        _valueSerde.Serialize(value, _buffer);
        value = _isolates ? _valueSerde.Deserialize(_buffer.Written) : value;
        return _buffer.Length + BufferedSerde<TValue>.TimeBytes - (_frameOf?.Invoke(value) ?? 0);
    }

    private SortedSet<Place> ReadPlaces()
    {
        var places = new SortedSet<Place>(PlaceOrder.Instance);
        _bytes = 0;
        using var rows = Cache.Scan(reverse: false);
        rows.AddRange(MarkedKeyCodec<TKey>.Mark, MarkedKeyCodec<TKey>.End);
        while (rows.MoveNext())
        {
            var place = PlaceOf(rows.Key, rows.Value.Time);
            places.Add(place);
            _bytes += place.KeyBytes.Length + rows.Value.Bytes;
        }

        return places;
    }

    private Place PlaceOf(in TKey key, long time)
    {
        _buffer.Clear();
        _keySerde.Serialize(key, _buffer);
        return new Place(time, _buffer.Written.ToArray(), key);
    }

    private readonly struct Place(long time, byte[] keyBytes, TKey key)
    {
        public readonly long Time = time;
        public readonly byte[] KeyBytes = keyBytes;
        public readonly TKey Key = key;
    }

    /// <summary>A write that the production error handler had taken back at a flush makes the places untrue.</summary>
    private sealed class TakenBackListener(TimeOrderedBuffer<TKey, TValue> buffer) : FlushListener<TKey, Buffered<TValue>>
    {
        public override bool Waits => false;

        public override void Flushed(in TKey key, in Change<Buffered<TValue>> change, long timestamp, Headers? headers)
        {
        }

        public override void TakenBack(in TKey key, in Change<Buffered<TValue>> change, long timestamp, Headers? headers) =>
            buffer._places = null;
    }

    private sealed class PlaceOrder : IComparer<Place>
    {
        public static readonly PlaceOrder Instance = new();

        public int Compare(Place x, Place y) =>
            x.Time.CompareTo(y.Time) is not 0 and var order ? order : x.KeyBytes.AsSpan().SequenceCompareTo(y.KeyBytes);
    }
}
