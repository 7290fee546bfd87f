using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Goes through committed and uncommitted entries of one or more ranges of a store as they were when it was opened;
/// ranges are added in the order of the iteration and do not overlap. An uncommitted entry hides the committed one.
/// A cache lends it, and has it back when it is disposed; what it has open below stays open until the next commit.
/// </summary>
internal sealed class StoreIterator<TKey, TValue> : IDisposable
{
    private readonly WriteBackCache<TKey, TValue> _cache;
    private readonly PooledBuffer _bounds = new();
    private readonly List<Range> _ranges = [];
    private readonly PendingEntries<TKey, TValue> _pending = new();
    private SegmentFilter? _filter;
    private ByteIterator? _committed;
    private bool _isOpen;
    private bool _reverse;
    private bool _filtered;
    private bool _hasCommitted;
    private bool _started;
    private int _range;
    private ValueAndTimestamp<TValue> _value;
    private TKey _key = default!;

    public StoreIterator(WriteBackCache<TKey, TValue> cache) => _cache = cache;

    public TKey Key => _key;

    public TValue Value => _value.Value;

    public long Timestamp => _value.Timestamp;

    public Headers? Headers { get; private set; }

    public ValueAndTimestamp<TValue> ValueAndTimestamp => _value;

    public ValueTimestampHeaders<TValue> ValueTimestampHeaders => new(_value.Value, _value.Timestamp, Headers);

    /// <summary>Decides which entries of the ranges to show, once it was asked for.</summary>
    public SegmentFilter Filter
    {
        get
        {
            _filtered = true;
            return _filter ??= new SegmentFilter();
        }
    }

    /// <summary>Number of the commit after which the committed entries were opened.</summary>
    public long OpenedAt { get; private set; }

    /// <summary>Begins a scan, without ranges.</summary>
    public void Open(bool reverse)
    {
        _bounds.Clear();
        _ranges.Clear();
        (_reverse, _isOpen, _filtered, _started, _hasCommitted, _range) = (reverse, true, false, false, false, -1);
    }

    public void AddRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (_committed is null)
        {
            _committed = _cache.Context.Bytes.Range(from, to, _reverse);
            OpenedAt = _cache.Commits;
        }

        _ranges.Add(new Range(_bounds.Length, from.Length, to.Length));
        _bounds.Write(from);
        _bounds.Write(to);
        _cache.CopyUncommitted(from, to, _reverse, _pending);
    }

    public bool MoveNext()
    {
        if (!_isOpen)
        {
            return false;
        }

        if (!_started)
        {
            _started = true;
            AdvanceCommitted();
        }

        while (_hasCommitted || !_pending.IsEmpty)
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
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        _pending.Clear();
        (_key, _value, Headers) = (default!, default, null);
        _cache.TakeBack(this);
    }

    /// <summary>Closes what is open below.</summary>
    public void Release()
    {
        _committed?.Dispose();
        _committed = null;
    }

    /// <returns>Whether there is an entry to show; else one that is deleted or filtered was passed.</returns>
    private bool TakeNext()
    {
        var order = Order();
        if (order > 0)
        {
            return TakeCommitted();
        }

        if (order == 0)
        {
            AdvanceCommitted();
        }

        ref readonly var pending = ref _pending.First;
        var shown = pending.HasValue && Shows(_pending.FirstKey);
        if (shown)
        {
            _key = pending.Key;
            _value = new ValueAndTimestamp<TValue>(pending.Value, pending.Timestamp);
            Headers = pending.Headers;
        }

        _pending.RemoveFirst();
        return shown;
    }

    /// <returns>Negative if the pending entry comes first, positive if the committed one does, 0 for the same key.</returns>
    private int Order()
    {
        if (!_hasCommitted)
        {
            return -1;
        }

        if (_pending.IsEmpty)
        {
            return 1;
        }

        var order = _pending.FirstKey.SequenceCompareTo(_committed!.Key);
        return _reverse ? -order : order;
    }

    private bool TakeCommitted()
    {
        var shown = Shows(_committed!.Key);
        if (shown)
        {
            _key = _cache.Keys.ReadStoreKey(_committed.Key);
            var value = _cache.Values.Read(_committed.Value, out var timestamp, out var headers);
            _value = new ValueAndTimestamp<TValue>(value, timestamp);
            Headers = headers;
        }

        AdvanceCommitted();
        return shown;
    }

    private bool Shows(ReadOnlySpan<byte> storeKey) => !_filtered || _filter!.Includes(storeKey);

    private void AdvanceCommitted()
    {
        _hasCommitted = _range >= 0 && _committed!.MoveNext();
        while (!_hasCommitted && _range + 1 < _ranges.Count)
        {
            var (start, from, to) = _ranges[++_range];
            _committed!.Seek(_bounds.Written.Slice(start, from), _bounds.Written.Slice(start + from, to), _reverse);
            _hasCommitted = _committed.MoveNext();
        }
    }

    private readonly record struct Range(int Start, int FromLength, int ToLength);
}
