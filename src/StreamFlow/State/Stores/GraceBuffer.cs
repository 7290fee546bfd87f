using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Records of a stream that wait until the rows of their time are there, in the order of their time; each that is added is
/// kept. The changelog has what Kafka Streams' has (RocksDBTimeOrderedKeyValueBuffer).
/// </summary>
internal sealed class GraceBuffer<TKey, TValue> : CachedStore<BufferedKey<TKey>, BufferedRecord<TValue>>
{
    private readonly DuplicateNumbers _numbers = new();

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the record values.</param>
    public GraceBuffer(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde)
        : base(
            name,
            new PlainKeyCodec<BufferedKey<TKey>>(new BufferedKeySerde<TKey>(keySerde)),
            new ValueFormat<BufferedRecord<TValue>>(name, new BufferedRecordSerde<TValue>(valueSerde), StoreFormat.Plain))
    {
        (RecordKeys, RecordValues) = (keySerde, valueSerde);
    }

    public ISerde<TKey> RecordKeys { get; }

    public ISerde<TValue> RecordValues { get; }

    public void Add(in Record<TKey, TValue> record, RecordPosition position)
    {
        var key = new BufferedKey<TKey>(record.Timestamp, record.Key, _numbers.Next());
        Cache.Put(
            in key,
            new BufferedRecord<TValue>(record.Value, record.Timestamp, record.Headers, position),
            hasValue: true,
            record.Timestamp,
            headers: null);
    }

    public void Remove(in BufferedKey<TKey> key, long now) => Cache.Put(in key, default, hasValue: false, now, headers: null);

    /// <summary>Goes through the records between two times, the second one excluded, also while they are removed; dispose it.</summary>
    public StoreIterator<BufferedKey<TKey>, BufferedRecord<TValue>> Scan(long from, long end)
    {
        Span<byte> first = stackalloc byte[BufferedKeySerde<TKey>.Prefix];
        Span<byte> last = stackalloc byte[BufferedKeySerde<TKey>.Prefix];
        BufferedKeySerde<TKey>.WritePrefix(from, first);
        BufferedKeySerde<TKey>.WritePrefix(end, last);
        var iterator = Cache.Scan(reverse: false);
        iterator.AddRange(first, last);
        return iterator;
    }

    /// <summary>Time of the latest record that waits, -1 without any.</summary>
    public long LatestTime()
    {
        Span<byte> first = stackalloc byte[BufferedKeySerde<TKey>.Prefix];
        BufferedKeySerde<TKey>.WritePrefix(0, first);
        using var iterator = Cache.Scan(reverse: true);
        iterator.AddRange(first, [1]);
        return iterator.MoveNext() ? iterator.Key.Timestamp : -1;
    }

    public override void Open(StateStoreContext context)
    {
        base.Open(context);
        Restored();
    }

    public override void Flush()
    {
        base.Flush();
        _numbers.Flush(Cache.Context.Index, Cache.Context.Batch);
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        base.Restore(in record, headers, batch);
        _numbers.Restore(BufferedKeySerde<TKey>.SequenceOf(record.Key), Cache.Context.Index, batch);
    }

    public override void Restored() => _numbers.Load(Cache.Context.Bytes);
}
