using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// A table that is derived from others, as it is described: a view that is computed when somebody asks, or one that keeps its
/// rows because it has the name of a store, or a history.
/// </summary>
/// <param name="materialized">What the user said about it.</param>
/// <param name="store">Its store; null for a view.</param>
internal sealed class TableView<TKey, TValue>(Materialized<TKey, TValue> materialized, StoreBuilder? store)
{
    /// <summary>What the operator's node says about rows.</summary>
    public RowsDescription? Rows { get; } = store is null ? null : new RowsDescription(store, OnDemand: false) { AreSafe = true };

    public bool IsKept => store is not null;

    public static TableView<TKey, TValue> Describe(
        string storeName, Materialized<TKey, TValue> materialized, SerdeSource<TKey> keys, SerdeSource<TValue> values) =>
        new(
            materialized,
            TableStore.Describe(storeName, keys.Or(materialized.KeySerde), values.Or(materialized.ValueSerde), materialized));

    /// <summary>What an operator hands its updates to: those behind it, or the rows first.</summary>
    /// <param name="setup">The operator's node.</param>
    /// <param name="next">Those behind it.</param>
    /// <param name="leavesOutNothing">Whether updates that delete a row which never was are left out, where that is known.</param>
    public Processor<TKey, Change<TValue>> Next(
        NodeSetup setup, Processor<TKey, Change<TValue>> next, bool leavesOutNothing = false) =>
        store is null
            ? next
            : new KeepingProcessor<TKey, TValue>(
                setup,
                new KeyedMaterialization<TKey, TValue>(setup, next, store.Name, materialized.CachingEnabled),
                leavesOutNothing && (setup.Facts.KnowsOldValues || setup.Facts.TellsOldValues));

    /// <summary>The handle on the table.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="keys">Serdes of the keys.</param>
    /// <param name="values">Serdes of the values.</param>
    /// <param name="view">How rows are looked up if it keeps none.</param>
    /// <param name="history">The history of a table that keeps none itself.</param>
    public KTable<TKey, TValue> Table(
        (TopologyGraph Graph, Output<TKey, Change<TValue>> Output) node, SerdeSource<TKey> keys, SerdeSource<TValue> values,
        TableRows<TKey, TValue> view, TimeSpan? history = null) =>
        new(
            node.Graph,
            node.Output,
            keys.Or(materialized.KeySerde),
            values.Or(materialized.ValueSerde),
            store is null ? view : new StoredRows<TKey, TValue>(store.Name))
        {
            QueryableStoreName = materialized.Name,
            History = store is null ? history : materialized.History,
        };
}

/// <summary>
/// Keeps the rows of a derived table. Their values may be those of the table it is derived from, or parts of them, so each row has
/// its own copy.
/// </summary>
internal sealed class KeepingProcessor<TKey, TValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly KeyedMaterialization<TKey, TValue> _rows;
    private readonly bool _leavesOutNothing;

    public KeepingProcessor(NodeSetup setup, KeyedMaterialization<TKey, TValue> rows, bool leavesOutNothing)
        : base(setup.Name)
    {
        _task = setup.Task;
        _rows = rows;
        _leavesOutNothing = leavesOutNothing;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        ref var row = ref Unsafe.NullRef<CacheEntry<TValue>>();
        try
        {
            row = ref _rows.Find(record.Key);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        var change = record.Value;
        if (_leavesOutNothing && !change.HasNew && !row.HasValue)
        {
            return;
        }

        var update = Record<TKey, TValue>.Create(
            record.Key, record.HasKey, change.New, change.HasNew, record.Timestamp, record.Headers);
        _rows.Set(ref row, in update, isShared: true);
    }
}
