using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;
using StreamFlow.Tracing;

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
    private readonly string _name;
    private readonly bool _emitsOnUpdate;
    private readonly bool _emitsAtFlush;
    private readonly bool _tellsOldValues;
    private readonly bool _handsOutCopies;
    private readonly RowBeingTold<TKey, TValue>? _beingTold;

    protected Materialization(
        NodeSetup setup, Processor<TKey, Change<TValue>> next, StateStore store, bool caching, bool isSilent = false)
    {
        _beingTold = setup.Facts.ShowsBefore ? RowBeingTold<TKey, TValue>.Of(setup.Task, store) : null;
        _name = setup.Name;
        _next = next;
        _emitsAtFlush = caching && !setup.Task.Budget.EmitOnUpdate && !isSilent;
        _emitsOnUpdate = !_emitsAtFlush && !isSilent;
        _tellsOldValues = setup.Facts.TellsOldValues && !isSilent;
        _handsOutCopies = setup.Facts.HandsOutCopies && OldValues<TValue>.Changes;
        if (store is CachedStore<TStoreKey, TValue> rows)
        {
            rows.HandsOutCopies |= _handsOutCopies;
        }
    }

    public override bool Waits => _emitsAtFlush;

    /// <summary>Whether the value before must be known where it is the same object: to tell it, or to show it until then.</summary>
    protected bool KeepsOldValues(NodeSetup setup) => 
        _tellsOldValues || _beingTold is not null || (setup.Facts.ShowsTold && Waits);

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
        var kept = isShared && update.HasValue ? update.WithValue(Copy(update.Value)) : update;
        if (!_emitsOnUpdate)
        {
            Write(ref row, in kept);
            return;
        }

        var hasOld = (_tellsOldValues || _beingTold is not null) && row.HasValue;
        var change = new Change<TValue>(
            update.Value, update.HasValue, hasOld ? OldValue(ref row) : default!, hasOld, IsLatest(in update))
        {
            OldTimestamp = row.Timestamp,
        };
        if (Write(ref row, in kept))
        {
            Tell(update.WithValue(change));
        }
    }

    /// <summary>The time that those behind are told for a row, other than the one it is kept with.</summary>
    protected virtual long ToldTime(in TStoreKey key, long timestamp) => timestamp;

    public override void Flushed(in TStoreKey key, in Change<TValue> change, long timestamp, Headers? headers)
    {
        using var span = Spans.BeginResult(_name, ref headers);
        Tell(new Record<TKey, Change<TValue>>(RowKey(in key), change, ToldTime(in key, timestamp), headers));
    }

    private void Tell(in Record<TKey, Change<TValue>> record)
    {
        if (_beingTold is null)
        {
            HandOn(in record);
            return;
        }

        var change = record.Value;
        _beingTold.Begin(record.Key, change.HasOld ? new ValueAndTimestamp<TValue>(change.Old, change.OldTimestamp) : null);
        try
        {
            HandOn(in record);
        }
        finally
        {
            _beingTold.End();
        }
    }

    private void HandOn(in Record<TKey, Change<TValue>> record)
    {
        var hidesOld = !_tellsOldValues && record.Value.HasOld;
        if (!hidesOld && !_handsOutCopies)
        {
            _next.Process(in record);
            return;
        }

        var change = record.Value;
        var value = _handsOutCopies && change.HasNew ? Copy(change.New) : change.New;
        _next.Process(record.WithValue(new Change<TValue>(
            value, change.HasNew, hidesOld ? default! : change.Old, !hidesOld && change.HasOld, change.IsLatest)
        {
            OldTimestamp = change.OldTimestamp,
        }));
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
    private readonly Func<long, Window> _windowAt;

    /// <param name="setup">The node in its task.</param>
    /// <param name="next">Who is told of changes.</param>
    /// <param name="store">Name of the store.</param>
    /// <param name="windowAt">The window that starts at a time.</param>
    /// <param name="caching">Whether changes wait for the flush.</param>
    /// <param name="isSilent">Whether nobody is told of changes: only of results that are final.</param>
    public WindowedMaterialization(
        NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, string store, Func<long, Window> windowAt,
        bool caching, bool isSilent = false)
        : base(setup, next, setup.Task.Store(store), caching, isSilent)
    {
        Store = (WindowStore<TKey, TValue>)setup.Task.Store(store);
        Store.FlushListener = Listener;
        Store.KeepsOldValues = KeepsOldValues(setup);
        _windowAt = windowAt;
    }

    public WindowStore<TKey, TValue> Store { get; }

    /// <summary>The row of a key and window; else as <see cref="KeyedMaterialization{TKey, TValue}.Find"/>.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key, Window window) => ref Store.Find(in key, window.Start);

    public override void Undo(ref CacheEntry<TValue> row) => Store.Undo(ref row);

    public override bool CanUndo
    {
        set => Store.CanUndo = value;
    }

    protected override TValue Copy(TValue value) => Store.Copy(value);

    protected override TValue OldValue(ref CacheEntry<TValue> row) => Store.OldValue(ref row);

    protected override bool Write(ref CacheEntry<TValue> row, in Record<Windowed<TKey>, TValue> update) =>
        Store.Set(ref row, update.Value, update.HasValue, update.Timestamp, Spans.Join(row.IsDirty ? row.Headers : null, update.Headers));

    protected override Windowed<TKey> RowKey(in WindowKey<TKey> key) => new(key.Key, _windowAt(key.Start));
}
