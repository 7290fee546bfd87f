using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string FilterPrefix = "KTABLE-FILTER-";

    /// <summary>
    /// The rows that satisfy a condition. A row that no longer satisfies it is deleted from the result; one that neither did
    /// nor does is not sent on at all. The condition is not asked about deletions.
    /// </summary>
    /// <param name="predicate">
    /// The condition on key and value; called again for the value before, so it must have no side effects.
    /// </param>
    /// <param name="name">Name of the operator; default generated, as <c>KTABLE-FILTER-0000000003</c>.</param>
    /// <returns>The rows kept; not stored, but derived from this table.</returns>
    /// <example><code>counts.Filter((word, count) => count >= 10)</code></example>
    public KTable<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate, string? name = null) =>
        Filtered(predicate, name, keep: true);

    /// <summary>The rows that do not satisfy a condition; else as <see cref="Filter"/>.</summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KTABLE-FILTER-0000000003</c>.</param>
    /// <returns>The rows kept; not stored, but derived from this table.</returns>
    /// <example><code>counts.FilterNot((word, count) => word.Length &lt; 3)</code></example>
    public KTable<TKey, TValue> FilterNot(Func<TKey, TValue, bool> predicate, string? name = null) =>
        Filtered(predicate, name, keep: false);

    private KTable<TKey, TValue> Filtered(Func<TKey, TValue, bool> predicate, string? name, bool keep)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var rows = new DerivedRows<TKey, TValue, TValue>(
            Rows, parent => new FilteredReader<TKey, TValue>(parent, predicate, keep));
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TValue>>(
            _graph.NodeName(name, FilterPrefix),
            [_output],
            (setup, next) => new TableFilterProcessor<TKey, TValue>(setup, next, predicate, keep))
        {
            OldValues = OldValueDemand.IfKept,
        };
        _graph.Add(node);
        return new KTable<TKey, TValue>(_graph, node.Output, _keys, _values, rows);
    }
}

internal sealed class TableFilterProcessor<TKey, TValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TValue>> _next;
    private readonly Func<TKey, TValue, bool> _predicate;
    private readonly bool _keep;
    private readonly bool _knowsOldValues;

    public TableFilterProcessor(
        NodeSetup setup, Processor<TKey, Change<TValue>> next, Func<TKey, TValue, bool> predicate, bool keep)
        : base(setup.Name)
    {
        _task = setup.Task;
        _next = next;
        _predicate = predicate;
        _keep = keep;
        _knowsOldValues = setup.Facts.TellsOldValues;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        Change<TValue> kept;
        try
        {
            var hasNew = change.HasNew && _predicate(record.Key, change.New) == _keep;
            var hasOld = _knowsOldValues && change.HasOld && _predicate(record.Key, change.Old) == _keep;
            kept = new Change<TValue>(
                hasNew ? change.New : default!, hasNew, hasOld ? change.Old : default!, hasOld, change.IsLatest);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        // Of a table that keeps no rows nobody knows whether the row was there before: better a deletion too many.
        if (kept.HasNew || kept.HasOld || !_knowsOldValues)
        {
            _next.Process(record.WithValue(kept));
        }
    }
}

/// <summary>Looks a row up in the table that was filtered.</summary>
internal sealed class FilteredReader<TKey, TValue>(
    RowReader<TKey, TValue> parent, Func<TKey, TValue, bool> predicate, bool keep) : RowReader<TKey, TValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row) =>
        parent.TryRead(in key, out row) && predicate(key, row.Value) == keep;
}
