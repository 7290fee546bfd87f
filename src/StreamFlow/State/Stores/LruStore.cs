using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A key-value store of a number of keys: when one more is written, the one that was read or written longest ago is deleted,
/// from the changelog too. Nobody is told of that. After a restart, and after an abort, keys count as used in the order of their
/// bytes: when they were used is not part of the state.
/// </summary>
internal sealed class LruStore<TKey, TValue> : StateStore, IKeyValueStore<TKey, TValue>
{
    private readonly KeyValueStore<TKey, TValue> _rows;
    private readonly int _maxCount;
    private readonly LinkedList<TKey> _byUse = [];
    private readonly Dictionary<Wrapped, LinkedListNode<TKey>> _nodes;

    // What was used is read from the rows when it is first asked for.
    private bool _isKnown;

    public LruStore(string name, ISerde<TKey> keys, ISerde<TValue> values, bool timestamped, int maxCount)
        : base(name)
    {
        _rows = new KeyValueStore<TKey, TValue>(name, keys, values, timestamped);
        _maxCount = maxCount;
        _nodes = new Dictionary<Wrapped, LinkedListNode<TKey>>(new ByBytes(keys));
    }

    /// <summary>How many keys there are, not committed ones included.</summary>
    public long ApproximateCount => Known().Count;

    public override bool IsDirty => _rows.IsDirty;

    public override bool KeepsHeaders => _rows.KeepsHeaders;

    internal override long ChangelogStart => _rows.ChangelogStart;

    public override void Open(StateStoreContext context) => _rows.Open(context);

    public override void Flush() => _rows.Flush();

    public override void Rollback()
    {
        _rows.Rollback();
        Forget();
    }

    public override void Committed() => _rows.Committed();

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch) =>
        _rows.Restore(in record, headers, batch);

    public override void Restored()
    {
        _rows.Restored();
        Forget();
    }

    public override void Close()
    {
        Forget();
        _rows.Close();
    }

    public override StoreView? View(StoreIdentity store) => _rows.View(store);

    internal override T Detached<T>(T value) => _rows.Detached(value);

    internal override void Logged(long end, StoreBatch batch) => _rows.Logged(end, batch);

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = TryGetWithTimestamp(key, out var row);
        value = row.Value;
        return found;
    }

    public bool TryGetWithTimestamp(TKey key, out ValueAndTimestamp<TValue> value)
    {
        if (!_rows.TryGetWithTimestamp(key, out value))
        {
            return false;
        }

        Use(key);
        return true;
    }

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> All(bool reverse = false) => _rows.All(reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(TKey? from, TKey? to, bool reverse = false) =>
        _rows.Range(from, to, reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeFrom(TKey from, bool reverse = false) =>
        _rows.RangeFrom(from, reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeTo(TKey to, bool reverse = false) =>
        _rows.RangeTo(to, reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix<TPrefix>(
        TPrefix prefix, ISerde<TPrefix> prefixSerde, bool reverse = false) => _rows.Prefix(prefix, prefixSerde, reverse);

    public void Put(TKey key, TValue value, long timestamp)
    {
        _rows.Put(key, value, timestamp);
        if (Missing.Is(value))
        {
            Drop(key);
            return;
        }

        Use(key);
        while (Known().Count > _maxCount)
        {
            var oldest = _byUse.First!.Value;
            _rows.Put(in oldest, default!, hasValue: false, timestamp, headers: null);
            Drop(oldest);
        }
    }

    public bool PutIfAbsent(TKey key, TValue value, long timestamp)
    {
        if (TryGet(key, out _) || Missing.Is(value))
        {
            return false;
        }

        Put(key, value, timestamp);
        return true;
    }

    public bool Delete(TKey key, long timestamp)
    {
        Drop(key);
        return _rows.Delete(key, timestamp);
    }

    private LinkedList<TKey> Known()
    {
        if (!_isKnown)
        {
            _isKnown = true;
            foreach (var row in _rows.All())
            {
                Use(row.Key);
            }
        }

        return _byUse;
    }

    private void Use(TKey key)
    {
        Known();
        if (_nodes.TryGetValue(new Wrapped(key), out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }
        else
        {
            _nodes.Add(new Wrapped(key), _byUse.AddLast(key));
        }
    }

    private void Drop(TKey key)
    {
        Known();
        if (_nodes.Remove(new Wrapped(key), out var node))
        {
            _byUse.Remove(node);
        }
    }

    private void Forget()
    {
        _byUse.Clear();
        _nodes.Clear();
        _isKnown = false;
    }

    /// <summary>A key that a dictionary takes, whatever its type says of null.</summary>
    private readonly record struct Wrapped(TKey Key);

    /// <summary>Keys are the same where their bytes are, as in the store.</summary>
    private sealed class ByBytes(ISerde<TKey> serde) : IEqualityComparer<Wrapped>
    {
        private readonly PooledBuffer _one = new();
        private readonly PooledBuffer _other = new();

        public bool Equals(Wrapped x, Wrapped y) => Write(x.Key, _one).SequenceEqual(Write(y.Key, _other));

        public int GetHashCode(Wrapped obj) => KeyHash.Of(Write(obj.Key, _one));

        private ReadOnlySpan<byte> Write(TKey key, PooledBuffer buffer)
        {
            buffer.Clear();
            serde.Serialize(key, buffer);
            return buffer.Written;
        }
    }
}
