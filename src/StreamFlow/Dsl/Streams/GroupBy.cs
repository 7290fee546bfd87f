using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>Groups the records by the key they have.</summary>
    /// <param name="grouped">Name and serdes of a repartition topic, should one be needed, or <see langword="null"/>.</param>
    /// <returns>The groups.</returns>
    /// <example><code>words.GroupByKey().Count()</code></example>
    public KGroupedStream<TKey, TValue> GroupByKey(Grouped<TKey, TValue>? grouped = null)
    {
        grouped ??= new Grouped<TKey, TValue>();
        var serdes = new StreamSerdes<TKey, TValue>(_keys.Or(grouped.KeySerde), _values.Or(grouped.ValueSerde));
        return new KGroupedStream<TKey, TValue>(
            new GroupedSource<TKey, TValue>(_graph, _output, serdes, _repartitionRequired, CheckedName(grouped.Name)));
    }

    /// <summary>
    /// Groups the records by a new key, through a repartition topic. A record for which the selector returns
    /// <see langword="null"/> belongs to no group: it is dropped and counted. One without key or value that the selector's
    /// types cannot express is an error, and the processing error handler decides.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key of key and value.</param>
    /// <param name="grouped">Name and serdes of the repartition topic, or <see langword="null"/>.</param>
    /// <returns>The groups.</returns>
    /// <example><code>orders.GroupBy((id, order) => order.Customer).Count()</code></example>
    public KGroupedStream<TNewKey, TValue> GroupBy<TNewKey>(
        Func<TKey, TValue, TNewKey?> selector, Grouped<TNewKey, TValue>? grouped = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return GroupBy(new RecordFunction<TKey, TValue, TNewKey>(selector!), grouped);
    }

    /// <summary>
    /// Groups the records, tombstones included, by a new key made of the record as a whole; else as the other form.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key.</param>
    /// <param name="grouped">Name and serdes of the repartition topic, or <see langword="null"/>.</param>
    /// <returns>The groups.</returns>
    /// <example><code>countsPerHour.ToStream().GroupBy(record => record.Key.Key).Count()</code></example>
    public KGroupedStream<TNewKey, TValue> GroupBy<TNewKey>(
        Func<Record<TKey, TValue>, TNewKey?> selector, Grouped<TNewKey, TValue>? grouped = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return GroupBy(new RecordFunction<TKey, TValue, TNewKey>(selector!), grouped);
    }

    private KGroupedStream<TNewKey, TValue> GroupBy<TNewKey>(
        RecordFunction<TKey, TValue, TNewKey> selector, Grouped<TNewKey, TValue>? grouped)
    {
        grouped ??= new Grouped<TNewKey, TValue>();
        OperatorFactory<TKey, TValue, TNewKey, TValue> factory =
            (node, task, next) => new SelectKeyProcessor<TKey, TValue, TNewKey>(node, task, next, selector);
        var output = AddOperator(grouped.Name, SelectKeyPrefix, factory, changesKey: true);
        var serdes = new StreamSerdes<TNewKey, TValue>(
            SerdeSource<TNewKey>.Of(grouped.KeySerde), _values.Or(grouped.ValueSerde));
        return new KGroupedStream<TNewKey, TValue>(
            new GroupedSource<TNewKey, TValue>(_graph, output, serdes, repartitionRequired: true, grouped.Name));
    }

    private static string? CheckedName(string? name) => name is null ? null : ResourceName.Check(name);
}
