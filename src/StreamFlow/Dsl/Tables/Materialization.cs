using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// The rows that an operator keeps, in one task. It sets them and tells those behind it of the changes: of each at once, or
/// with the record cache of the last one of each row, when the store is flushed.
/// </summary>
/// <typeparam name="TKey">Key of the table.</typeparam>
/// <typeparam name="TStoreKey">Key of the store: the same, or <see cref="WindowKey{TKey}"/>.</typeparam>
/// <typeparam name="TValue">Value of the rows.</typeparam>
internal abstract class Materialization<TKey, TStoreKey, TValue> : FlushListener<TStoreKey, TValue>
{
    private readonly Processor<TKey, Change<TValue>> _next;
    private readonly bool _emitsOnUpdate;
    private readonly bool _tellsOldValues;

    protected Materialization(NodeSetup setup, Processor<TKey, Change<TValue>> next, bool caching)
    {
        _next = next;
        _emitsOnUpdate = !caching || setup.Task.Budget.EmitOnUpdate;
        _tellsOldValues = setup.Facts.TellsOldValues;
    }

    public override bool Waits => !_emitsOnUpdate;

    /// <summary>Whether the value before must be known where it is the same object: to tell it, or to show it until then.</summary>
    protected bool KeepsOldValues(NodeSetup setup) => _tellsOldValues || (setup.Facts.ShowsTold && Waits);

    /// <summary>Whom the store tells of its flushes.</summary>
    protected FlushListener<TStoreKey, TValue> Listener => this;

    /// <summary>Those behind it have been told of the update if none waits: they are told that the row is what it was.</summary>
    public override void TakenBack(in TStoreKey key, in Change<TValue> change, long timestamp, Headers? headers)
    {
        if (_emitsOnUpdate)
        {
            Flushed(in key, in change, timestamp, headers);
        }
    }

    /// <summary>Sets a row, or deletes it where the update has no value.</summary>
    /// <param name="row">The row as it was found last.</param>
    /// <param name="update">Its key, new value, time, and the headers of the record that made it.</param>
    /// <param name="isShared">
    /// Whether the value is the very object that came in, which others may keep too: other windows, other aggregations. A
    /// function that changes its row in place must not change theirs, so the row begins with a copy.
    /// </param>
    public void Set(ref CacheEntry<TValue> row, in Record<TKey, TValue> update, bool isShared = false)
    {
        var kept = isShared ? update.WithValue(Copy(update.Value)) : update;
        if (!_emitsOnUpdate)
        {
            Write(ref row, in kept);
            return;
        }

        var hasOld = _tellsOldValues && row.HasValue;
        var change = new Change<TValue>(
            update.Value, update.HasValue, hasOld ? OldValue(ref row) : default!, hasOld, IsLatest(in update))
        {
            OldTimestamp = row.Timestamp,
        };
        if (Write(ref row, in kept))
        {
            _next.Process(update.WithValue(change));
        }
    }

    public override void Flushed(in TStoreKey key, in Change<TValue> change, long timestamp, Headers? headers)
    {
        var told = _tellsOldValues ? change : new Change<TValue>(change.New, change.HasNew, default!, hasOld: false);
        _next.Process(new Record<TKey, Change<TValue>>(RowKey(in key), told, timestamp, headers));
    }

    /// <summary>
    /// A function that was given the row's value has failed, and the record is left out: what it may have changed by then is
    /// taken back, where <see cref="CanUndo"/>.
    /// </summary>
    public abstract void Undo(ref CacheEntry<TValue> row);

    /// <summary>
    /// Whether failures of functions that are given the rows' values may be let through. That they change no row then costs a
    /// serialization for each update, of types that can be changed in place.
    /// </summary>
    public abstract bool CanUndo { set; }

    /// <summary>Whether an update is the row then: not, where rows have a history and there is a later one.</summary>
    protected virtual bool IsLatest(in Record<TKey, TValue> update) => true;

    protected abstract TValue Copy(TValue value);

    /// <summary>The value of a row as it was found, also where the object was changed since.</summary>
    protected abstract TValue OldValue(ref CacheEntry<TValue> row);

    /// <returns>False when the store has refused the row, and told so.</returns>
    protected abstract bool Write(ref CacheEntry<TValue> row, in Record<TKey, TValue> update);

    protected abstract TKey RowKey(in TStoreKey key);
}

/// <summary>Rows by key and window.</summary>
internal sealed class WindowedMaterialization<TKey, TValue> : Materialization<Windowed<TKey>, WindowKey<TKey>, TValue>
{
    private readonly WindowStore<TKey, TValue> _store;
    private readonly TimeWindows _windows;

    public WindowedMaterialization(
        NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, string store, TimeWindows windows, bool caching)
        : base(setup, next, caching)
    {
        _store = (WindowStore<TKey, TValue>)setup.Task.Store(store);
        _store.FlushListener = Listener;
        _store.KeepsOldValues = KeepsOldValues(setup);
        _windows = windows;
    }

    /// <summary>Latest start of a window that was written, -1 before the first.</summary>
    public long StreamTime => _store.StreamTime;

    /// <summary>The row of a key and window; else as <see cref="KeyedMaterialization{TKey, TValue}.Find"/>.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key, Window window) => ref _store.Find(in key, window.Start);

    public override void Undo(ref CacheEntry<TValue> row) => _store.Undo(ref row);

    public override bool CanUndo
    {
        set => _store.CanUndo = value;
    }

    protected override TValue Copy(TValue value) => _store.Copy(value);

    protected override TValue OldValue(ref CacheEntry<TValue> row) => _store.OldValue(ref row);

    protected override bool Write(ref CacheEntry<TValue> row, in Record<Windowed<TKey>, TValue> update) =>
        _store.Set(ref row, update.Value, update.HasValue, update.Timestamp, update.Headers);

    protected override Windowed<TKey> RowKey(in WindowKey<TKey> key) => new(key.Key, _windows.WindowAt(key.Start));
}
