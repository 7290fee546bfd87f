using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;
using StreamFlow.Tracing;

namespace StreamFlow.Dsl;

/// <summary>Rows by key, with a history or without.</summary>
internal sealed class KeyedMaterialization<TKey, TValue> : Materialization<TKey, TKey, TValue>
{
    private readonly KeyValueStore<TKey, TValue>? _store;
    private readonly RowVersions<TKey, TValue>? _versions;

    public KeyedMaterialization(NodeSetup setup, Processor<TKey, Change<TValue>> next, string store, bool caching)
        : base(setup, next, setup.Task.Store(store), caching && setup.Task.Store(store) is KeyValueStore<TKey, TValue>)
    {
        if (setup.Task.Store(store) is VersionedStore<TKey, TValue> versioned)
        {
            _versions = new RowVersions<TKey, TValue>(versioned);
            versioned.FlushListener = new TakenBackVersions<TKey, TValue>(versioned, this);
            return;
        }

        _store = (KeyValueStore<TKey, TValue>)setup.Task.Store(store);
        _store.FlushListener = Listener;
        _store.KeepsOldValues = KeepsOldValues(setup);
    }

    /// <summary>Whether rows have a history, in which a deletion covers what is older.</summary>
    public bool HasHistory => _versions is not null;

    /// <summary>
    /// The row of a key, without a value if there is none; valid until the next call. Throws what the key's serde throws,
    /// which is the record's failure; what else stops a store is a <see cref="StreamsException"/> and no record's fault.
    /// </summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        if (_store is not null)
        {
            return ref _store.Find(in key);
        }

        return ref _versions!.Find(in key);
    }

    public override void Undo(ref CacheEntry<TValue> row)
    {
        if (_store is not null)
        {
            _store.Undo(ref row);
        }
        else
        {
            _versions!.Undo();
        }
    }

    public override bool CanUndo
    {
        set
        {
            // What is found of a row with a history is a copy, which nothing has to be undone of.
            if (_store is not null)
            {
                _store.CanUndo = value;
            }
        }
    }

    protected override bool IsLatest(in Record<TKey, TValue> update) => _versions?.IsLatest(update.Timestamp) ?? true;

    protected override TValue Copy(TValue value) => _store is not null ? _store.Copy(value) : _versions!.Copy(value);

    protected override TValue OldValue(ref CacheEntry<TValue> row) =>
        _store is not null ? _store.OldValue(ref row) : _versions!.Found;

    protected override bool Write(ref CacheEntry<TValue> row, in Record<TKey, TValue> update)
    {
        if (_store is null)
        {
            return _versions!.Put(in update);
        }

        _store.Set(ref row, update.Value, update.HasValue, update.Timestamp, Spans.Join(row.IsDirty ? row.Headers : null, update.Headers));
        return true;
    }

    protected override TKey RowKey(in TKey key) => key;
}
