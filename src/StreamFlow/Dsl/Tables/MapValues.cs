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
    /// <param name="name">Name of the operator; default generated, as <c>KTABLE-MAPVALUES-0000000003</c>.</param>
    /// <returns>The rows with their new values; not stored, but derived from this table.</returns>
    /// <example><code>totals.MapValues(total => Math.Round(total, 2))</code></example>
    public KTable<TKey, TNewValue> MapValues<TNewValue>(Func<TValue, TNewValue?> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return MapValues((_, value) => mapper(value), name);
    }

    /// <summary>
    /// The rows with new values made of key and value; else as
    /// <see cref="MapValues{TNewValue}(Func{TValue, TNewValue}, string)"/>.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new value; must not change the key.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KTABLE-MAPVALUES-0000000003</c>.</param>
    /// <returns>The rows with their new values; not stored, but derived from this table.</returns>
    /// <example><code>counts.MapValues((word, count) => $"{word}: {count}")</code></example>
    public KTable<TKey, TNewValue> MapValues<TNewValue>(Func<TKey, TValue, TNewValue?> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TNewValue>>(
            _graph.NodeName(name, MapValuesPrefix),
            [_output],
            (nodeName, task, next) => new TableMapValuesProcessor<TKey, TValue, TNewValue>(nodeName, task, next, mapper!))
        {
            ChangesValue = true,
        };
        _graph.Add(node);
        var rows = new DerivedRows<TKey, TValue, TNewValue>(Rows, parent => new MappedReader<TKey, TValue, TNewValue>(parent, mapper!));
        return new KTable<TKey, TNewValue>(_graph, node.Output, _keys, SerdeSource<TNewValue>.Registered, rows);
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
        Change<TNewValue> mapped;
        try
        {
            var newValue = change.HasNew ? _mapper(record.Key, change.New) : default!;
            var oldValue = change.HasOld ? _mapper(record.Key, change.Old) : default!;
            mapped = new Change<TNewValue>(
                newValue,
                change.HasNew && !Missing.Is(newValue),
                oldValue,
                change.HasOld && !Missing.Is(oldValue),
                change.IsLatest);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithValue(mapped));
    }
}

/// <summary>Looks a row up in the table whose values were mapped, and maps it.</summary>
internal sealed class MappedReader<TKey, TValue, TNewValue>(
    RowReader<TKey, TValue> parent, Func<TKey, TValue, TNewValue> mapper) : RowReader<TKey, TNewValue>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TNewValue> row)
    {
        if (parent.TryRead(in key, out var found))
        {
            row = new ValueAndTimestamp<TNewValue>(mapper(key, found.Value), found.Timestamp);
            return !Missing.Is(row.Value);
        }

        row = default;
        return false;
    }
}
