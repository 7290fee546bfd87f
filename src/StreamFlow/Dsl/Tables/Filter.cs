using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string FilterPrefix = "KTABLE-FILTER-";

    /// <summary>
    /// The rows that satisfy a condition. A row that no longer satisfies it is deleted from the result; one that neither did
    /// nor does is not sent on at all where the value before is known. The condition is not asked about deletions.
    /// </summary>
    /// <param name="predicate">
    /// The condition on key and value; called again for the value before, so it must have no side effects.
    /// </param>
    /// <param name="materialized">
    /// The result's own store, if it has a <see cref="Materialized{TKey, TValue}.Name"/> or a
    /// <see cref="Materialized{TKey, TValue}.History"/>; and the operator's <see cref="Materialized{TKey, TValue}.ProcessorName"/>,
    /// by default generated, as <c>KTABLE-FILTER-0000000003</c>.
    /// </param>
    /// <returns>The rows kept; not stored without a store of their own, but derived from this table.</returns>
    /// <example><code>
    /// counts.Filter((word, count) => count >= 10)
    /// counts.Filter((word, count) => count >= 10, new() { Name = "frequent-words" })
    /// </code></example>
    public KTable<TKey, TValue> Filter(
        Func<TKey, TValue, bool> predicate, Materialized<TKey, TValue>? materialized = null) =>
        Filtered(predicate, materialized, keep: true);

    /// <summary>The rows that do not satisfy a condition; else as <see cref="Filter"/>.</summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="materialized">The result's own store, and the name of the operator.</param>
    /// <returns>The rows kept; not stored without a store of their own, but derived from this table.</returns>
    /// <example><code>counts.FilterNot((word, count) => word.Length &lt; 3)</code></example>
    public KTable<TKey, TValue> FilterNot(
        Func<TKey, TValue, bool> predicate, Materialized<TKey, TValue>? materialized = null) =>
        Filtered(predicate, materialized, keep: false);

    private KTable<TKey, TValue> Filtered(
        Func<TKey, TValue, bool> predicate, Materialized<TKey, TValue>? materialized, bool keep)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var view = DescribeView(materialized, FilterPrefix, _values);
        var hasHistory = History is not null;
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TValue>>(
            _graph.NodeName(materialized?.ProcessorName, FilterPrefix),
            [_output],
            (setup, next) => new TableFilterProcessor<TKey, TValue>(
                setup,
                view.Next(setup, next, leavesOutNothing: !hasHistory),
                new RowFilter<TKey, TValue>(predicate, keep),
                leavesOutNothing: !hasHistory && !view.IsKept))
        {
            OldValues = OldValueDemand.IfKept,
            Rows = view.Rows,
        };
        _graph.Add(node);
        var rows = new DerivedRows<TKey, TValue, TValue>(
            Rows, (parent, skipsFailing) => new FilteredReader<TKey, TValue>(parent, new(predicate, keep), skipsFailing));
        return view.Table((_graph, node.Output), _keys, _values, rows, History);
    }

    /// <summary>The table that an operator of this one makes.</summary>
    private TableView<TKey, TNewValue> DescribeView<TNewValue>(
        Materialized<TKey, TNewValue>? materialized, string prefix, SerdeSource<TNewValue> values)
    {
        materialized ??= new Materialized<TKey, TNewValue>();
        if (!materialized.IsKept && !materialized.SaysHow)
        {
            return new TableView<TKey, TNewValue>(materialized, null);
        }

        // Kafka Streams uses a number up where options without a store name are given; names depend on it.
        var store = _graph.StoreName(materialized.Name, prefix);
        return materialized.IsKept
            ? TableView<TKey, TNewValue>.Describe(store, materialized, _keys, values)
            : new TableView<TKey, TNewValue>(materialized, null);
    }
}

/// <summary>Which rows are kept.</summary>
/// <param name="Predicate">The condition.</param>
/// <param name="Keep">Its answer for rows that are.</param>
internal sealed record RowFilter<TKey, TValue>(Func<TKey, TValue, bool> Predicate, bool Keep);

internal sealed class TableFilterProcessor<TKey, TValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TValue>> _next;
    private readonly Func<TKey, TValue, bool> _predicate;
    private readonly bool _keep;
    private readonly bool _knowsOldValues;
    private readonly bool _leavesOutNothing;

    public TableFilterProcessor(
        NodeSetup setup, Processor<TKey, Change<TValue>> next, RowFilter<TKey, TValue> filter, bool leavesOutNothing)
        : base(setup.Name)
    {
        _task = setup.Task;
        _next = next;
        _predicate = filter.Predicate;
        _keep = filter.Keep;
        _knowsOldValues = setup.Facts.KnowsOldValues;
        _leavesOutNothing = leavesOutNothing && _knowsOldValues;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var hasNew = change.HasNew && Keeps(in record, change.New, isOld: false);
        var hasOld = _knowsOldValues && change.HasOld && Keeps(in record, change.Old, isOld: true);
        var kept = new Change<TValue>(
            hasNew ? change.New : default!, hasNew, hasOld ? change.Old : default!, hasOld, change.IsLatest)
        {
            OldTimestamp = change.OldTimestamp,
        };

        // Of a table that keeps no rows nobody knows whether the row was there before: better a deletion too many. In one with a
        // history the update may be an earlier version, and it is to be known that there was no row then.
        if (kept.HasNew || kept.HasOld || !_leavesOutNothing)
        {
            _next.Process(record.WithValue(kept));
        }
    }

    private bool Keeps(in Record<TKey, Change<TValue>> record, TValue value, bool isOld)
    {
        try
        {
            return _predicate(record.Key, value) == _keep;
        }
        catch (Exception e)
        {
            _task.Errors.HandleValue(_task, this, in record, isOld, e);
            return false;
        }
    }
}

/// <summary>Looks a row up in the table that was filtered.</summary>
internal sealed class FilteredReader<TKey, TValue>(
    RowReader<TKey, TValue> parent, RowFilter<TKey, TValue> filter, bool skipsFailing) : RowReader<TKey, TValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TValue> row) =>
        parent.TryRead(in key, out row) && Keeps(in key, in row);

    public override bool TryReadTold(in TKey key, out ValueAndTimestamp<TValue> row) =>
        parent.TryReadTold(in key, out row) && Keeps(in key, in row);

    public override bool TryReadBefore(in TKey key, out ValueAndTimestamp<TValue> row) =>
        parent.TryReadBefore(in key, out row) && Keeps(in key, in row);

    public override long BeingTold(in TKey key) => parent.BeingTold(in key);

    public override bool TryRead(in TKey key, long asOf, out ValueAndTimestamp<TValue> row) =>
        parent.TryRead(in key, asOf, out row) && Keeps(in key, in row);

    private bool Keeps(in TKey key, in ValueAndTimestamp<TValue> row)
    {
        try
        {
            return filter.Predicate(key, row.Value) == filter.Keep;
        }
        catch (Exception e) when (skipsFailing && e is not StreamsException)
        {
            return false;
        }
    }
}
