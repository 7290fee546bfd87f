using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Rows with a history as an operator finds and sets them: the row found is the latest version.</summary>
internal sealed class RowVersions<TKey, TValue>(VersionedStore<TKey, TValue> store)
{
    private CacheEntry<TValue> _row = CacheEntry<TValue>.Nothing();
    private long _latest = -1;

    /// <summary>The value found last, whatever became of the copy.</summary>
    public TValue Found { get; private set; } = default!;

    /// <summary>
    /// The latest version of a key. An object that can be changed is copied: it is the value of that version for good.
    /// </summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        _latest = store.Latest(in key, out var version);
        Found = version.Value;
        var value = version.HasValue ? Copy(version.Value) : default!;
        _row.Set(new StoredValue<TValue>(value, version.HasValue, _latest, null));
        return ref _row;
    }

    /// <summary>What was found last has its value anew: whoever was given the copy may have changed it, and failed.</summary>
    public void Undo()
    {
        if (_row.HasValue)
        {
            _row.Set(new StoredValue<TValue>(Copy(Found), HasValue: true, _latest, null));
        }
    }

    /// <summary>Whether what is set from a time on is the row of the key found last.</summary>
    public bool IsLatest(long timestamp) => timestamp >= _latest;

    /// <returns>False if it is older than the history.</returns>
    public bool Put(in Record<TKey, TValue> update) =>
        store.Put(update.Key, update.Value, update.HasValue, update.Timestamp, update.Headers);

    public TValue Copy(TValue value) =>
        OldValues<TValue>.Changes ? store.Copy(new RowVersion<TValue>(value, HasValue: true)).Value : value;
}

/// <summary>
/// Tells those behind a table that a version was taken back, because its value cannot be serialized: if it was the latest, the
/// row is again what the one before says.
/// </summary>
internal sealed class TakenBackVersions<TKey, TValue>(VersionedStore<TKey, TValue> store, FlushListener<TKey, TValue> rows)
    : FlushListener<VersionKey<TKey>, RowVersion<TValue>>
{
    public override bool Waits => false;

    public override void Flushed(
        in VersionKey<TKey> key, in Change<RowVersion<TValue>> change, long timestamp, Headers? headers)
    {
    }

    public override void TakenBack(
        in VersionKey<TKey> key, in Change<RowVersion<TValue>> change, long timestamp, Headers? headers)
    {
        if (store.Latest(key.Key, out var row) <= key.Timestamp)
        {
            var told = new Change<TValue>(row.Value, row.HasValue, change.Old.Value, change.Old.HasValue)
            {
                OldTimestamp = change.OldTimestamp,
            };
            rows.TakenBack(key.Key, in told, timestamp, headers);
        }
    }
}
