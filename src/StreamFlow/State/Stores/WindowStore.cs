using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A window store: per key one value for each start of a window, kept for a retention time. One that keeps duplicates has
/// every value that was put, told apart by a number; what comes after a restart never takes the number of another.
/// </summary>
internal class WindowStore<TKey, TValue>
    : SegmentedStore<WindowKey<TKey>, TKey, TValue>, IWindowStore<TKey, TValue>
{
    private readonly DuplicateNumbers? _duplicates;

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="timestamped">Whether the timestamp of each value is kept with it.</param>
    /// <param name="windowSizeMs">Length of the windows, to show their ends.</param>
    /// <param name="retentionMs">How long behind the latest start a window is kept.</param>
    public WindowStore(
        string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, bool timestamped, long windowSizeMs, long retentionMs)
        : this(name, keySerde, valueSerde, timestamped ? StoreFormat.Timestamped : StoreFormat.Plain, windowSizeMs, retentionMs)
    {
    }

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="format">What is kept beside each value.</param>
    /// <param name="windowSizeMs">Length of the windows, to show their ends.</param>
    /// <param name="retentionMs">How long behind the latest start a window is kept.</param>
    /// <param name="keepsDuplicates">Whether several values of one key and start are kept.</param>
    public WindowStore(
        string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, StoreFormat format, long windowSizeMs, long retentionMs,
        bool keepsDuplicates = false)
        : base(
            name,
            new WindowKeyCodec<TKey>(keySerde, new WindowExpiry(retentionMs)),
            keySerde,
            new ValueFormat<TValue>(name, valueSerde, format),
            keepsCommitted: !keepsDuplicates)
    {
        WindowSizeMs = windowSizeMs;
        if (keepsDuplicates)
        {
            _duplicates = new DuplicateNumbers();
            LiveKeys = new SegmentKeys(Expiry);
        }
    }

    public long WindowSizeMs { get; }

    /// <summary>The entry of a window, without a value if there is none or it has expired; valid until the next Find.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key, long windowStart)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowStart);
        return ref Find(new WindowKey<TKey>(key, windowStart));
    }

    /// <summary>Puts a value without looking what is there: beside what is there, if duplicates are kept.</summary>
    /// <returns>False if the window has expired, which was reported then.</returns>
    public bool Put(in TKey key, long windowStart, TValue value, long timestamp, Headers? headers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowStart);
        if (!Admits(windowStart))
        {
            return false;
        }

        if (_duplicates is not null)
        {
            Note(in key, windowStart);
        }

        var windowKey = new WindowKey<TKey>(key, windowStart, _duplicates?.Next() ?? 0);
        Cache.Put(in windowKey, value, hasValue: true, timestamp, headers);
        return true;
    }

    public bool Put(TKey key, long windowStart, TValue value, long timestamp) =>
        PutOrDelete(key, windowStart, value, timestamp, headers: null);

    public bool Delete(TKey key, long windowStart, long timestamp) => Remove(key, windowStart, timestamp, headers: null);

    public override void Flush()
    {
        base.Flush();
        _duplicates?.Flush(Cache.Context.Index, Cache.Context.Batch);
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        base.Restore(in record, headers, batch);
        _duplicates?.Restore(WindowKeyCodec<TKey>.SequenceOf(record.Key), Cache.Context.Index, batch);
    }

    public override void Restored()
    {
        base.Restored();
        _duplicates?.Load(Cache.Context.Bytes);
    }

    /// <summary>Goes through the windows of a key that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> Scan(in TKey key, long from, long to, bool reverse = false) =>
        ScanKey(in key, from, to, reverse);

    /// <summary>Goes through the windows of all keys that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> ScanAll(long from, long to) => ScanKeys(from, to, reverse: false);

    /// <summary>Goes through the windows of some keys that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> Scan(
        in KeyRange<TKey> keys, long from, long to, bool reverse = false) => ScanKeys(in keys, from, to, reverse);

    public override StoreView View(StoreIdentity store) =>
        new WindowView<TKey, TValue>(store, (WindowKeyCodec<TKey>)Keys, RecordKeys, Cache.Values)
        {
            WindowSizeMs = WindowSizeMs,
        };

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

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(
        KeyRange<TKey> keys, long from, long to, bool reverse = false)
    {
        using var iterator = Scan(in keys, from, to, reverse);
        while (iterator.MoveNext())
        {
            yield return new(Windowed(iterator.Key), iterator.ValueAndTimestamp);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(
        long from, long to, bool reverse = false) => Fetch(KeyRange.All<TKey>(), from, to, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        FetchAll(0, long.MaxValue, reverse);

    protected Windowed<TKey> Windowed(in WindowKey<TKey> key) => new(key.Key, Window.OfLength(key.Start, WindowSizeMs));

    protected bool PutOrDelete(TKey key, long windowStart, TValue value, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Missing.Is(value)
            ? Remove(key, windowStart, timestamp, headers)
            : Put(in key, windowStart, value, timestamp, headers);
    }

    protected bool Remove(TKey key, long windowStart, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_duplicates is not null)
        {
            throw new InvalidOperationException(
                $"Store '{Name}' keeps duplicates, and nothing can be deleted there: values go when they expire.");
        }

        ref var entry = ref Find(in key, windowStart);
        return Set(ref entry, default!, hasValue: false, timestamp, headers);
    }
}
