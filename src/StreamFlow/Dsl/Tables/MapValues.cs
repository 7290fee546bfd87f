using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string MapValuesPrefix = "KTABLE-MAPVALUES-";

    /// <summary>
    /// The rows with new values. A deletion stays one, the mapper is not asked about it; a mapper that returns
    /// <see langword="null"/> deletes the row.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new value; called again for the value before, so it must have no side effects.</param>
    /// <param name="materialized">
    /// The result's own store, if it has a <see cref="Materialized{TKey, TValue}.Name"/> or a
    /// <see cref="Materialized{TKey, TValue}.History"/>; and the operator's <see cref="Materialized{TKey, TValue}.ProcessorName"/>,
    /// by default generated, as <c>KTABLE-MAPVALUES-0000000003</c>.
    /// </param>
    /// <returns>The rows with their new values; not stored without a store of their own, but derived from this table.</returns>
    /// <example><code>
    /// totals.MapValues(total => Math.Round(total, 2))
    /// totals.MapValues(total => Math.Round(total, 2), new() { Name = "rounded" })
    /// </code></example>
    public KTable<TKey, TNewValue> MapValues<TNewValue>(
        Func<TValue, TNewValue?> mapper, Materialized<TKey, TNewValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return MapValues((_, value) => mapper(value), materialized);
    }

    /// <summary>
    /// The rows with new values made of key and value; else as
    /// <see cref="MapValues{TNewValue}(Func{TValue, TNewValue}, Materialized{TKey, TNewValue})"/>.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new value; must not change the key.</param>
    /// <param name="materialized">The result's own store, and the name of the operator.</param>
    /// <returns>The rows with their new values; not stored without a store of their own, but derived from this table.</returns>
    /// <example><code>counts.MapValues((word, count) => $"{word}: {count}")</code></example>
    public KTable<TKey, TNewValue> MapValues<TNewValue>(
        Func<TKey, TValue, TNewValue?> mapper, Materialized<TKey, TNewValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        var view = DescribeView(materialized, MapValuesPrefix, SerdeSource<TNewValue>.Registered);
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TNewValue>>(
            _graph.NodeName(materialized?.ProcessorName, MapValuesPrefix),
            [_output],
            (setup, next) => new TableMapValuesProcessor<TKey, TValue, TNewValue>(
                setup.Name, setup.Task, view.Next(setup, next), mapper!))
        {
            ChangesValue = true,
            Rows = view.Rows,
        };
        _graph.Add(node);
        var rows = new DerivedRows<TKey, TValue, TNewValue>(
            Rows, (parent, skipsFailing) => new MappedReader<TKey, TValue, TNewValue>(parent, mapper!, skipsFailing));
        return view.Table((_graph, node.Output), _keys, SerdeSource<TNewValue>.Registered, rows, History);
    }
}

internal sealed class TableMapValuesProcessor<TKey, TValue, TNewValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TNewValue>> _next;
    private readonly Func<TKey, TValue, TNewValue> _mapper;

    public TableMapValuesProcessor(
        string name, TaskContext task, Processor<TKey, Change<TNewValue>> next, Func<TKey, TValue, TNewValue> mapper)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var (now, before) = (default(TNewValue)!, default(TNewValue)!);
        var hasNow = change.HasNew && TryMap(in record, change.New, isOld: false, out now);
        var hasBefore = change.HasOld && TryMap(in record, change.Old, isOld: true, out before);
        _next.Process(record.WithValue(new Change<TNewValue>(now, hasNow, before, hasBefore, change.IsLatest)
        {
            OldTimestamp = change.OldTimestamp,
        }));
    }

    private bool TryMap(in Record<TKey, Change<TValue>> record, TValue value, bool isOld, out TNewValue mapped)
    {
        try
        {
            mapped = _mapper(record.Key, value);
            return !Missing.Is(mapped);
        }
        catch (Exception e)
        {
            _task.Errors.HandleValue(_task, this, in record, isOld, e);
            mapped = default!;
            return false;
        }
    }
}

/// <summary>Looks a row up in the table whose values were mapped, and maps it.</summary>
internal sealed class MappedReader<TKey, TValue, TNewValue>(
    RowReader<TKey, TValue> parent, Func<TKey, TValue, TNewValue> mapper, bool skipsFailing) : RowReader<TKey, TNewValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TNewValue> row) =>
        Map(in key, parent.TryRead(in key, out var found), in found, out row);

    public override bool TryReadTold(in TKey key, out ValueAndTimestamp<TNewValue> row) =>
        Map(in key, parent.TryReadTold(in key, out var found), in found, out row);

    public override bool TryReadBefore(in TKey key, out ValueAndTimestamp<TNewValue> row) =>
        Map(in key, parent.TryReadBefore(in key, out var found), in found, out row);

    public override long BeingTold(in TKey key) => parent.BeingTold(in key);

    public override bool TryRead(in TKey key, long asOf, out ValueAndTimestamp<TNewValue> row) =>
        Map(in key, parent.TryRead(in key, asOf, out var found), in found, out row);

    private bool Map(
        in TKey key, bool isFound, in ValueAndTimestamp<TValue> found, out ValueAndTimestamp<TNewValue> row)
    {
        row = default;
        if (!isFound)
        {
            return false;
        }

        try
        {
            row = new ValueAndTimestamp<TNewValue>(mapper(key, found.Value), found.Timestamp);
            return !Missing.Is(row.Value);
        }
        catch (Exception e) when (skipsFailing && e is not StreamsException)
        {
            return false;
        }
    }
}
