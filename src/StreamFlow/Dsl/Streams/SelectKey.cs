using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string SelectKeyPrefix = "KSTREAM-KEY-SELECT-";

    /// <summary>
    /// Gives each record a new key and keeps the value. A later grouping sends the records through a repartition topic.
    /// A record without key or value that the selector's types cannot express is an error, and the processing error
    /// handler decides; a selector of the record as a whole sees all records.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key of key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-KEY-SELECT-0000000001</c>.</param>
    /// <returns>The records with their new keys.</returns>
    /// <example><code>orders.SelectKey((id, order) => order.Customer)</code></example>
    public KStream<TNewKey, TValue> SelectKey<TNewKey>(Func<TKey, TValue, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return SelectKey(new RecordFunction<TKey, TValue, TNewKey>(selector), name);
    }

    /// <summary>
    /// Gives each record, tombstones included, a new key made of the record as a whole, and keeps the value; else as the
    /// other form.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-KEY-SELECT-0000000001</c>.</param>
    /// <returns>The records with their new keys.</returns>
    /// <example><code>countsPerHour.ToStream().SelectKey(record => record.Key.Key)</code></example>
    public KStream<TNewKey, TValue> SelectKey<TNewKey>(
        Func<Record<TKey, TValue>, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return SelectKey(new RecordFunction<TKey, TValue, TNewKey>(selector), name);
    }

    private KStream<TNewKey, TValue> SelectKey<TNewKey>(
        RecordFunction<TKey, TValue, TNewKey> selector, string? name) =>
        AppendRekeyed<TNewKey, TValue>(
            name,
            SelectKeyPrefix,
            (node, task, next) => new SelectKeyProcessor<TKey, TValue, TNewKey>(node, task, next, selector),
            _values);
}

internal sealed class SelectKeyProcessor<TKey, TValue, TNewKey> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TValue> _next;
    private readonly RecordFunction<TKey, TValue, TNewKey> _selector;

    public SelectKeyProcessor(
        string name, TaskContext task, Processor<TNewKey, TValue> next, RecordFunction<TKey, TValue, TNewKey> selector)
        : base(name)
    {
        _task = task;
        _next = next;
        _selector = selector;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        TNewKey key;
        try
        {
            key = _selector.Invoke(in record);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithKey(key));
    }
}
