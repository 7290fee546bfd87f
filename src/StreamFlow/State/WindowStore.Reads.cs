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

    private void WriteBound(long segment, in TKey key, long start, PooledBuffer buffer)
    {
        buffer.Clear();
        WindowKeyCodec<TKey>.WriteSegment(segment, buffer);
        _keySerde.Serialize(key, buffer);
        WindowKeyCodec<TKey>.WriteSuffix(start, buffer);
    }
}
