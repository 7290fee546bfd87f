using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string SelectPrefix = "KTABLE-SELECT-";

    /// <summary>
    /// Groups the rows by a new key, through a repartition topic. Other than a stream, a table takes back what it said before: when
    /// a row changes, its old value is subtracted from its group and the new one added, to the same group or to another. A row whose
    /// key or value is <see langword="null"/> belongs to no group, and is counted as dropped. The rows are kept in a store
    /// for it, because the value before is needed.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the keys grouped by.</typeparam>
    /// <typeparam name="TNewValue">Type of the values aggregated.</typeparam>
    /// <param name="selector">
    /// Makes the new key and the value to be aggregated of key and value; called again for the value before, so it must have no
    /// side effects and give the same result each time.
    /// </param>
    /// <param name="grouped">Name and serdes of the repartition topic, or <see langword="null"/> for defaults.</param>
    /// <returns>The groups.</returns>
    /// <example><code>customers.GroupBy((id, customer) => (customer.Country, id)).Count()</code></example>
    public KGroupedTable<TNewKey, TNewValue> GroupBy<TNewKey, TNewValue>(
        Func<TKey, TValue, (TNewKey? Key, TNewValue? Value)> selector, Grouped<TNewKey, TNewValue>? grouped = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        grouped ??= new Grouped<TNewKey, TNewValue>();
        var node = new OperatorNode<TKey, Change<TValue>, TNewKey, Change<TNewValue>>(
            _graph.NodeName(grouped.Name, SelectPrefix),
            [_output],
            (name, task, next) => new TableSelectProcessor<TKey, TValue, TNewKey, TNewValue>(name, task, next, selector!))
        {
            ChangesKey = true,
            ChangesValue = true,
            OldValues = OldValueDemand.Always,
        };
        _graph.Add(node);
        var serdes = new StreamSerdes<TNewKey, TNewValue>(
            SerdeSource<TNewKey>.Of(grouped.KeySerde), SerdeSource<TNewValue>.Of(grouped.ValueSerde));
        return new KGroupedTable<TNewKey, TNewValue>(
            new GroupedTableSource<TNewKey, TNewValue>(_graph, node.Output, serdes, grouped.Name));
    }
}

/// <summary>
/// Sends the value before and the value now to their groups: as one update where it is the same group, else the one before first.
/// An earlier version of a row that has a history changes no row, so it is none of the groups' business.
/// </summary>
internal sealed class TableSelectProcessor<TKey, TValue, TNewKey, TNewValue> : Processor<TKey, Change<TValue>>
{
    private static readonly IEqualityComparer<TNewKey> Comparer =
        KeyComparers.For<TNewKey>() ?? EqualityComparer<TNewKey>.Default;

    private readonly TaskContext _task;
    private readonly Processor<TNewKey, Change<TNewValue>> _next;
    private readonly Func<TKey, TValue, (TNewKey Key, TNewValue Value)> _selector;

    public TableSelectProcessor(
        string name, TaskContext task, Processor<TNewKey, Change<TNewValue>> next,
        Func<TKey, TValue, (TNewKey Key, TNewValue Value)> selector)
        : base(name)
    {
        _task = task;
        _next = next;
        _selector = selector;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        if (!change.IsLatest)
        {
            return;
        }

        (TNewKey Key, TNewValue Value) now = default, before = default;
        var hasNow = change.HasNew && TrySelect(in record, change.New, isOld: false, out now);
        if (hasNow && !IsGrouped(in now))
        {
            _task.Drop(Missing.Is(now.Key) ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
        }

        var hasBefore = change.HasOld && TrySelect(in record, change.Old, isOld: true, out before);
        Send(in record, in now, hasNow && IsGrouped(in now), in before, hasBefore && IsGrouped(in before));
    }

    /// <returns>False when the selector failed, which the error handler has dealt with.</returns>
    private bool TrySelect(
        in Record<TKey, Change<TValue>> record, TValue value, bool isOld, out (TNewKey Key, TNewValue Value) selected)
    {
        try
        {
            selected = _selector(record.Key, value);
            return true;
        }
        catch (Exception e)
        {
            _task.Errors.HandleValue(_task, this, in record, isOld, e);
            selected = default;
            return false;
        }
    }

    private void Send(
        in Record<TKey, Change<TValue>> record, in (TNewKey Key, TNewValue Value) now, bool hasNow,
        in (TNewKey Key, TNewValue Value) before, bool hasBefore)
    {
        if (hasNow && hasBefore && Comparer.Equals(now.Key, before.Key))
        {
            _next.Process(record.WithKey(now.Key).WithValue(
                new Change<TNewValue>(now.Value, hasNew: true, before.Value, hasOld: true)));
            return;
        }

        if (hasBefore)
        {
            _next.Process(record.WithKey(before.Key).WithValue(
                new Change<TNewValue>(default!, hasNew: false, before.Value, hasOld: true)));
        }

        if (hasNow)
        {
            _next.Process(record.WithKey(now.Key).WithValue(
                new Change<TNewValue>(now.Value, hasNew: true, default!, hasOld: false)));
        }
    }

    private static bool IsGrouped(in (TNewKey Key, TNewValue Value) selected) =>
        !Missing.Is(selected.Key) && !Missing.Is(selected.Value);
}
