using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>How a record enters an aggregate.</summary>
internal abstract class Fold<TKey, TValue, TAggregate>
{
    /// <summary>Whether the fold can tell a missing value from <c>default(TValue)</c>, or does not look at it.</summary>
    public virtual bool TakesMissingValue => default(TValue) is null;

    /// <param name="record">The record; its key is present.</param>
    /// <param name="current">The aggregate so far; not to be looked at when there is none.</param>
    /// <param name="hasCurrent">Whether there is one.</param>
    /// <returns>The new aggregate; <see langword="null"/> deletes it.</returns>
    public abstract TAggregate Apply(in Record<TKey, TValue> record, TAggregate current, bool hasCurrent);

    /// <summary>
    /// Folds a record into a row. The row's time is the latest of the records in it; an aggregate that was deleted starts
    /// anew, its time forgotten.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="node">The operator.</param>
    /// <param name="record">The record; its key is present.</param>
    /// <param name="row">The row so far.</param>
    /// <param name="update">The row to be, with the key and headers of the record.</param>
    /// <returns>False when the user's function failed, which the error handler has dealt with.</returns>
    public bool TryUpdate(
        TaskContext task, Node node, in Record<TKey, TValue> record, in CacheEntry<TAggregate> row,
        out Record<TKey, TAggregate> update) =>
        TryUpdate(task, node, in record, row.HasValue, new ValueAndTimestamp<TAggregate>(row.Value, row.Timestamp), out update);

    /// <param name="task">The task.</param>
    /// <param name="node">The operator.</param>
    /// <param name="record">The record; its key is present.</param>
    /// <param name="hasCurrent">Whether there is an aggregate so far.</param>
    /// <param name="current">The aggregate so far, and its time.</param>
    /// <param name="update">The row to be, with the key and headers of the record.</param>
    /// <inheritdoc cref="TryUpdate(TaskContext, Node, in Record{TKey, TValue}, in CacheEntry{TAggregate}, out Record{TKey, TAggregate})"/>
    public bool TryUpdate(
        TaskContext task, Node node, in Record<TKey, TValue> record, bool hasCurrent,
        ValueAndTimestamp<TAggregate> current, out Record<TKey, TAggregate> update)
    {
        TAggregate result;
        try
        {
            result = Apply(in record, current.Value, hasCurrent);
        }
        catch (Exception e)
        {
            task.Errors.Handle(task, node, in record, ErrorStage.Processing, e);
            update = default;
            return false;
        }

        var timestamp = hasCurrent ? Math.Max(record.Timestamp, current.Timestamp) : record.Timestamp;
        update = new Record<TKey, TAggregate>(record.Key, result, timestamp, record.Headers);
        return true;
    }

    /// <summary>Whether a result is the record's value itself, the object and not one like it.</summary>
    public static bool IsSame(in Record<TKey, TValue> record, in Record<TKey, TAggregate> update) =>
        !typeof(TValue).IsValueType && !typeof(TAggregate).IsValueType
        && update.HasValue && ReferenceEquals(update.Value, record.Value);
}
