using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;
using StreamFlow.Tracing;

namespace StreamFlow.Dsl;

/// <summary>
/// Rows by key and session. A session that grows is another row: the one before is deleted. Those behind are told the end of a
/// session as its time, and headers only with the record cache, as in Kafka Streams; the changelog has the time of the record.
/// </summary>
internal sealed class SessionMaterialization<TKey, TValue> : Materialization<Windowed<TKey>, SessionKey<TKey>, TValue>
{
    private readonly bool _keepsOldValues;
    private bool _canUndo;
    private long _recordTime;

    public SessionMaterialization(
        NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, string store, bool caching, bool isSilent)
        : base(setup, next, setup.Task.Store(store), caching, isSilent)
    {
        Store = (SessionStore<TKey, TValue>)setup.Task.Store(store);
        Store.FlushListener = Listener;
        Store.KeepsOldValues = _keepsOldValues = KeepsOldValues(setup);
    }

    public SessionStore<TKey, TValue> Store { get; }

    public override bool CanUndo
    {
        set => Store.CanUndo = _canUndo = value;
    }

    /// <summary>
    /// Whether what is read of a session must be a copy: functions may change it, and what was there may be needed afterwards.
    /// </summary>
    public bool NeedsCopies => _canUndo || _keepsOldValues;

    /// <inheritdoc cref="CachedStore{TKey, TValue}.Copy"/>
    public TValue CopyOf(TValue value) => Copy(value);

    /// <summary>Deletes a session that has become part of another one.</summary>
    public void Remove<TRecordValue>(in SessionKey<TKey> session, in Record<TKey, TRecordValue> record)
    {
        ref var row = ref Store.Find(session.Key, session.Start, session.End);
        Set(ref row, session.Start, session.End, record.WithoutValue<TValue>(), isShared: false);
    }

    /// <summary>Sets the row of a session, or deletes it where the update has no value.</summary>
    /// <param name="row">The row as it was found last.</param>
    /// <param name="start">First time of the session.</param>
    /// <param name="end">Last time of the session.</param>
    /// <param name="update">The new value, with key, time and headers of the record that made it.</param>
    /// <param name="isShared">Whether the value is the very object that came in.</param>
    public void Set(
        ref CacheEntry<TValue> row, long start, long end, in Record<TKey, TValue> update, bool isShared)
    {
        _recordTime = update.Timestamp;
        var told = Record<Windowed<TKey>, TValue>.Create(
            new Windowed<TKey>(update.Key, new Window(start, end)),
            hasKey: true,
            update.Value,
            update.HasValue,
            end,
            Waits ? update.Headers : null);
        Set(ref row, in told, isShared);
    }

    // Nothing that changes a session in place is given it: see NeedsCopies.
    public override void Undo(ref CacheEntry<TValue> row) => Store.Undo(ref row);

    protected override TValue Copy(TValue value) => Store.Copy(value);

    protected override TValue OldValue(ref CacheEntry<TValue> row) => Store.OldValue(ref row);

    protected override bool Write(ref CacheEntry<TValue> row, in Record<Windowed<TKey>, TValue> update) =>
        Store.Set(ref row, update.Value, update.HasValue, _recordTime, Spans.Join(row.IsDirty ? row.Headers : null, update.Headers));

    protected override Windowed<TKey> RowKey(in SessionKey<TKey> key) => new(key.Key, new Window(key.Start, key.End));

    protected override long ToldTime(in SessionKey<TKey> key, long timestamp) => key.End;
}
