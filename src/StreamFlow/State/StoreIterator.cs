using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Goes through committed and uncommitted entries of one or more ranges of a store as they were when it was opened;
/// ranges are added in the order of the iteration and do not overlap. An uncommitted entry hides the committed one.
/// </summary>
internal sealed class StoreIterator<TKey, TValue> : IDisposable
{
    private readonly WriteBackCache<TKey, TValue> _cache;
    private readonly bool _reverse;
    private readonly StoreKeyFilter? _filter;
    private readonly List<ByteIterator> _committed = [];
    private readonly List<PendingEntry<TKey, TValue>> _pending = [];
    private int _range;
    private int _next;
    private bool _hasCommitted;
    private bool _started;
    private ValueAndTimestamp<TValue> _value;
    private TKey _key = default!;

    /// <param name="cache">Where the entries are.</param>
    /// <param name="reverse">Whether ranges and keys come downwards.</param>
    /// <param name="filter">Which entries to show; null for all entries.</param>
    public StoreIterator(WriteBackCache<TKey, TValue> cache, bool reverse, StoreKeyFilter? filter = null)
    {
        _cache = cache;
        _reverse = reverse;
        _filter = filter;
    }

    public TKey Key => _key;

    public TValue Value => _value.Value;

    public long Timestamp => _value.Timestamp;

    public ValueAndTimestamp<TValue> ValueAndTimestamp => _value;

    public void AddRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        _committed.Add(_cache.Context.Bytes.Range(from, to, _reverse));
        _cache.CopyUncommitted(from, to, _reverse, _pending);
    }

    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            AdvanceCommitted();
        }

        while (_hasCommitted || _next < _pending.Count)
        {
            if (TakeNext())
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        foreach (var iterator in _committed)
        {
            iterator.Dispose();
        }

        _committed.Clear();
        _range = 0;
        _hasCommitted = false;
        _started = true;
        _next = _pending.Count;
    }

    /// <returns>Whether there is an entry to show; else one that is deleted or filtered was passed.</returns>
    private bool TakeNext()
    {
        var order = Order();
        if (order > 0)
        {
            return TakeCommitted();
        }

        var pending = _pending[_next++];
        if (order == 0)
        {
            AdvanceCommitted();
        }

        if (!pending.HasValue || _filter?.Includes(pending.StoreKey) == false)
        {
            return false;
        }

        _key = pending.Key;
        _value = new ValueAndTimestamp<TValue>(pending.Value, pending.Timestamp);
        return true;
    }

    /// <returns>Negative if the pending entry comes first, positive if the committed one does, 0 for the same key.</returns>
    private int Order()
    {
        if (!_hasCommitted)
        {
            return -1;
        }

        if (_next == _pending.Count)
        {
            return 1;
        }

        var order = _pending[_next].StoreKey.AsSpan().SequenceCompareTo(_committed[_range].Key);
        return _reverse ? -order : order;
    }

    private bool TakeCommitted()
    {
        var iterator = _committed[_range];
        var included = _filter?.Includes(iterator.Key) != false;
        if (included)
        {
            _key = _cache.Keys.ReadStoreKey(iterator.Key);
            var value = _cache.Values.Read(iterator.Value, out var timestamp);
            _value = new ValueAndTimestamp<TValue>(value, timestamp);
        }

        AdvanceCommitted();
        return included;
    }

    private void AdvanceCommitted()
    {
        for (; _range < _committed.Count; _range++)
        {
            if (_committed[_range].MoveNext())
            {
                _hasCommitted = true;
                return;
            }
        }

        _hasCommitted = false;
    }
}

/// <summary>Ends of byte ranges.</summary>
internal static class ByteRanges
{
    /// <summary>Appends the lowest key above all that start with the given bytes; nothing if there is none.</summary>
    public static void WriteEndOfPrefix(ReadOnlySpan<byte> prefix, PooledBuffer buffer)
    {
        var length = prefix.Length;
        while (length > 0 && prefix[length - 1] == byte.MaxValue)
        {
            length--;
        }

        if (length == 0)
        {
            return;
        }

        var span = buffer.GetSpan(length);
        prefix[..length].CopyTo(span);
        span[length - 1]++;
        buffer.Advance(length);
    }
}
