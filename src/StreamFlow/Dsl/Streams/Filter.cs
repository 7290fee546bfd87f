using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string FilterPrefix = "KSTREAM-FILTER-";

    /// <summary>
    /// Keeps the records that satisfy a condition. A tombstone of a value type that is not nullable passes without being
    /// asked, since the condition could not see that it has no value; the same holds for a missing key.
    /// </summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    /// <example><code>orders.Filter((id, order) => order.Amount > 100)</code></example>
    public KStream<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Append(name, FilterPrefix, (node, task, next) =>
            new FilterProcessor<TKey, TValue>(node, task, next, predicate, keep: true));
    }

    /// <summary>Keeps the records that do not satisfy a condition; else as <see cref="Filter"/>.</summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FILTER-0000000001</c>.</param>
    /// <returns>The records kept.</returns>
    /// <example><code>orders.FilterNot((id, order) => order.IsCancelled)</code></example>
    public KStream<TKey, TValue> FilterNot(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return Append(name, FilterPrefix, (node, task, next) =>
            new FilterProcessor<TKey, TValue>(node, task, next, predicate, keep: false));
    }
}

internal sealed class FilterProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly Func<TKey, TValue, bool> _predicate;
    private readonly bool _keep;

    public FilterProcessor(
        string name, TaskContext task, Processor<TKey, TValue> next, Func<TKey, TValue, bool> predicate, bool keep)
        : base(name)
    {
        _task = task;
        _next = next;
        _predicate = predicate;
        _keep = keep;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!MissingParts.HideAny(in record))
        {
            try
            {
                if (_predicate(record.Key, record.Value) != _keep)
                {
                    return;
                }
            }
            catch (Exception e)
            {
                _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
                return;
            }
        }

        _next.Process(in record);
    }
}
