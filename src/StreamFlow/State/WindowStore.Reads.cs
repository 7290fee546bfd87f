using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

internal sealed partial class WindowStore<TKey, TValue>
{
    /// <summary>Goes through the windows of a key that start between two times, both included; dispose it.</summary>
    public StoreIterator<WindowKey<TKey>, TValue> Scan(in TKey key, long from, long to, bool reverse = false)
    {
        from = Math.Max(from, _expiry.FirstLiveStart);
        to = Math.Min(to, _expiry.StreamTime);
        _key.Clear();
        _keySerde.Serialize(key, _key);
        var filter = new WindowFilter(from, to, _key.Written.ToArray());
        var iterator = new StoreIterator<WindowKey<TKey>, TValue>(_cache, reverse, filter);
        if (from > to)
        {
            return iterator;
        }

        var (first, last) = (_expiry.SegmentOf(from), _expiry.SegmentOf(to));
        for (var i = 0L; i <= last - first; i++)
        {
            var segment = reverse ? last - i : first + i;
            WriteBound(segment, from, _from);
            WriteBound(segment, to, _to);
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
        var iterator = new StoreIterator<WindowKey<TKey>, TValue>(_cache, reverse, new WindowFilter(from, to));
        if (from <= to)
        {
            _from.Clear();
            SegmentCleaner.WriteSegment(_expiry.SegmentOf(from), _from);
            _to.Clear();
            SegmentCleaner.WriteSegment(_expiry.SegmentOf(to) + 1, _to);
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

    private void WriteBound(long segment, long start, PooledBuffer buffer)
    {
        buffer.Clear();
        SegmentCleaner.WriteSegment(segment, buffer);
        buffer.Write(_key.Written);
        WindowKeyCodec<TKey>.WriteSuffix(start, buffer);
    }
}
