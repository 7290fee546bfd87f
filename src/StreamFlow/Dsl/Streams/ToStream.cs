using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string ToStreamPrefix = "KTABLE-TOSTREAM-";

    /// <summary>
    /// The updates of the table as a stream: a record for each, a tombstone where a row was deleted. With the record
    /// cache on, several updates of a row between two commits are one record, the last.
    /// </summary>
    /// <param name="name">Name of the operator; default generated, as <c>KTABLE-TOSTREAM-0000000003</c>.</param>
    /// <returns>The updates.</returns>
    /// <example><code>counts.ToStream().To("counts")</code></example>
    public KStream<TKey, TValue> ToStream(string? name = null)
    {
        var node = new OperatorNode<TKey, Change<TValue>, TKey, TValue>(
            _graph.NodeName(name, ToStreamPrefix),
            [_output],
            (nodeName, _, next) => new ToStreamProcessor<TKey, TValue>(nodeName, next));
        _graph.Add(node);
        return new KStream<TKey, TValue>(_graph, node.Output, _keys, _values, repartitionRequired: false);
    }

    /// <summary>
    /// The updates of the table as a stream with new keys: <see cref="ToStream(string)"/>, and then
    /// <see cref="KStream{TKey, TValue}.SelectKey{TNewKey}(Func{TKey, TValue, TNewKey}, string)"/>, as in Kafka Streams.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key of key and value.</param>
    /// <param name="name">
    /// Name of the operator that makes the stream; default generated, as <c>KTABLE-TOSTREAM-0000000003</c>.
    /// </param>
    /// <returns>The updates with their new keys.</returns>
    /// <example><code>customers.ToStream((id, customer) => customer?.Country)</code></example>
    public KStream<TNewKey, TValue> ToStream<TNewKey>(Func<TKey, TValue, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return ToStream(name).SelectKey(selector);
    }

    /// <summary>
    /// The updates of the table, deletions included, as a stream with new keys made of the record as a whole; else as the
    /// other form.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <param name="selector">Makes the new key.</param>
    /// <param name="name">
    /// Name of the operator that makes the stream; default generated, as <c>KTABLE-TOSTREAM-0000000003</c>.
    /// </param>
    /// <returns>The updates with their new keys.</returns>
    /// <example><code>countsPerHour.ToStream(record => record.Key.Key).To("latest-counts")</code></example>
    public KStream<TNewKey, TValue> ToStream<TNewKey>(
        Func<Record<TKey, TValue>, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return ToStream(name).SelectKey(selector);
    }
}

internal sealed class ToStreamProcessor<TKey, TValue> : Processor<TKey, Change<TValue>>
{
    private readonly Processor<TKey, TValue> _next;

    public ToStreamProcessor(string name, Processor<TKey, TValue> next)
        : base(name) => _next = next;

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        _next.Process(Record<TKey, TValue>.Create(
            record.Key, record.HasKey, change.New, change.HasNew, record.Timestamp, record.Headers));
    }
}
