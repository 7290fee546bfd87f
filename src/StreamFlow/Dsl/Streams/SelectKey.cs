using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string SelectKeyPrefix = "KSTREAM-KEY-SELECT-";

    /// <summary>
    /// Gives each record a new key and keeps the value. A later grouping sends the records through a repartition topic.
    /// A record without key or value that the selector's types cannot express is dropped and counted.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key of key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-KEY-SELECT-0000000001</c>.</param>
    /// <returns>The records with their new keys.</returns>
    /// <example><code>orders.SelectKey((id, order) => order.Customer)</code></example>
    public KStream<TNewKey, TValue> SelectKey<TNewKey>(Func<TKey, TValue, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return AppendRekeyed<TNewKey, TValue>(
            name,
            SelectKeyPrefix,
            (node, task, next) => new SelectKeyProcessor<TKey, TValue, TNewKey>(node, task, next, selector),
            _values);
    }
}

internal sealed class SelectKeyProcessor<TKey, TValue, TNewKey> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TValue> _next;
    private readonly Func<TKey, TValue, TNewKey> _selector;

    public SelectKeyProcessor(
        string name, TaskContext task, Processor<TNewKey, TValue> next, Func<TKey, TValue, TNewKey> selector)
        : base(name)
    {
        _task = task;
        _next = next;
        _selector = selector;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideAny(in record))
        {
            _task.Drop(MissingParts.Reason(in record), this);
            return;
        }

        TNewKey key;
        try
        {
            key = _selector(record.Key, record.Value);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithKey(key));
    }
}
