using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A store over one overlay: what the kinds of StreamFlow have in common. A kind chooses how keys and values look and what can
/// be asked; one whose keys in the byte store are not those of its changelog restores them itself.
/// </summary>
/// <typeparam name="TKey">Key of the store.</typeparam>
/// <typeparam name="TValue">Value as it is kept.</typeparam>
internal abstract class CachedStore<TKey, TValue> : StateStore
{
    private readonly PooledBuffer _restored = new();
    private readonly PooledBuffer _copied = new();

    protected CachedStore(string name, KeyCodec<TKey> keys, ValueFormat<TValue> values, bool keepsCommitted = true)
        : base(name) =>
        Cache = new WriteBackCache<TKey, TValue>(name, keys, values) { KeepsCommitted = keepsCommitted };

    /// <summary>Set when updates are forwarded at the flush, not one by one.</summary>
    public FlushListener<TKey, TValue>? FlushListener
    {
        get => Cache.Listener;
        set => Cache.Listener = value;
    }

    /// <summary>Whether old values are those of before even where an object is changed in place.</summary>
    public bool KeepsOldValues
    {
        get => Cache.Old.AreKept;
        set => Cache.Old.AreKept = value;
    }

    /// <summary>
    /// What those behind a table that waits for the flush know of a row that was found: not what was written since.
    /// </summary>
    public StoredValue<TValue> Told(ref CacheEntry<TValue> entry) => Cache.Told(ref entry);

    /// <summary>Whether a change that was made half can be taken back; see <see cref="WriteBackCache{TKey, TValue}.Undo"/>.</summary>
    public bool CanUndo
    {
        get => Cache.Old.CanUndo;
        set => Cache.Old.CanUndo = value;
    }

    /// <summary>Whether those who look values up keep them, so that they get copies.</summary>
    public bool HandsOutCopies { get; set; }

    /// <summary>Serde of the values alone.</summary>
    public ISerde<TValue> Values => Cache.Values.Serde;

    public long ApproximateCount => Cache.Context.Bytes.ApproximateCount;

    /// <summary>Entries in the cache, those of missing keys included.</summary>
    public int CachedCount => Cache.Count;

    public sealed override bool KeepsHeaders => Cache.Values.KeepsHeaders;

    public sealed override bool IsDirty => Cache.IsDirty;

    protected WriteBackCache<TKey, TValue> Cache { get; }

    public override void Open(StateStoreContext context) => Cache.Open(context);

    public override void Flush() => Cache.Flush();

    public override void Rollback() => Cache.Rollback();

    public override void Committed() => Cache.Committed();

    public override void Close() => Cache.Close();

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        var index = Cache.Context.Index;
        if (record.HasValue)
        {
            batch.Put(index, record.Key, Cache.Values.Restore(in record, headers, _restored));
        }
        else
        {
            batch.Delete(index, record.Key);
        }
    }

    /// <summary>A value for those who look it up: a copy where <see cref="HandsOutCopies"/>.</summary>
    public TValue Lend(TValue value, bool hasValue) => HandsOutCopies && hasValue ? Copy(value) : value;

    internal override T Detached<T>(T value) => value is TValue own && Copy(own) is T copy ? copy : value;

    /// <summary>
    /// The same value as an object of its own, by way of its bytes; itself where nobody can change it, or where it cannot be
    /// written, which the flush meets again and tells.
    /// </summary>
    public TValue Copy(TValue value)
    {
        if (!OldValues<TValue>.Changes)
        {
            return value;
        }

        _copied.Clear();
        try
        {
            Cache.Values.Write(value, timestamp: 0, headers: null, _copied);
        }
        catch (Exception)
        {
            return value;
        }

        var copy = Cache.Values.Read(_copied.Written, out _, out _);
        _copied.Trim();
        return copy;
    }
}
