using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string FilterPrefix = "KSTREAM-FILTER-";

    /// <summary>
    /// Keeps the records that satisfy a condition. A tombstone of a value type that is not nullable passes without being
    /// asked, since the condition could not see that it has no value.
    /// </summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    /// <example><code>orders.Filter((id, order) => order.Amount > 100)</code></example>
    public KStream<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Filter(new RecordFunction<TKey, TValue, bool>(predicate), name, keep: true);
    }

    /// <summary>Keeps the records that satisfy a condition on the record as a whole, tombstones included.</summary>
    /// <param name="predicate">The condition.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    /// <example><code>amounts.Filter(record => record.HasValue)</code></example>
    public KStream<TKey, TValue> Filter(Func<Record<TKey, TValue>, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Filter(new RecordFunction<TKey, TValue, bool>(predicate), name, keep: true);
    }

    /// <summary>
    /// Keeps the records that do not satisfy a condition; else as <see cref="Filter(Func{TKey, TValue, bool}, string)"/>.
    /// </summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    /// <example><code>orders.FilterNot((id, order) => order.IsCancelled)</code></example>
    public KStream<TKey, TValue> FilterNot(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Filter(new RecordFunction<TKey, TValue, bool>(predicate), name, keep: false);
    }

    /// <summary>Keeps the records that do not satisfy a condition on the record as a whole, tombstones included.</summary>
    /// <param name="predicate">The condition.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    public KStream<TKey, TValue> FilterNot(Func<Record<TKey, TValue>, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Filter(new RecordFunction<TKey, TValue, bool>(predicate), name, keep: false);
    }

    private KStream<TKey, TValue> Filter(RecordFunction<TKey, TValue, bool> predicate, string? name, bool keep) =>
        Append(name, FilterPrefix, (node, task, next) =>
            new FilterProcessor<TKey, TValue>(node, task, next, predicate, keep));
}

internal sealed class FilterProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly RecordFunction<TKey, TValue, bool> _predicate;
    private readonly bool _keep;

    public FilterProcessor(
        string name, TaskContext task, Processor<TKey, TValue> next, RecordFunction<TKey, TValue, bool> predicate, bool keep)
        : base(name)
    {
        _task = task;
        _next = next;
        _predicate = predicate;
        _keep = keep;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        // A deletion nobody can be asked about passes: one too many is harmless, one too few leaves a row for ever.
        if (_predicate.SeesValue(in record))
        {
            try
            {
                if (_predicate.Invoke(in record) != _keep)
                {
                    return;
                }
            }
            catch (Exception e)
            {
                _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
                return;
            }
        }

        _next.Process(in record);
    }
}
