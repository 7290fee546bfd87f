using StreamFlow.Planning;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string RepartitionPrefix = "KSTREAM-REPARTITION-";

    /// <summary>
    /// Sends the records through a topic of the application's own, whether their keys changed or not: to spread work over
    /// another number of partitions, or to start a new sub-topology. Records without a key are dropped and counted, unless
    /// a left join further down takes them.
    /// </summary>
    /// <param name="repartitioned">Name, partitions and serdes of the topic, or <see langword="null"/> for defaults.</param>
    /// <returns>The records as read back.</returns>
    /// <example><code>orders.Repartition(new() { Name = "by-customer", PartitionCount = 12 })</code></example>
    public KStream<TKey, TValue> Repartition(Repartitioned<TKey, TValue>? repartitioned = null)
    {
        repartitioned ??= new Repartitioned<TKey, TValue>();
        var baseName = CheckedName(repartitioned.Name) ?? _graph.NodeName(null, RepartitionPrefix);
        var serdes = new StreamSerdes<TKey, TValue>(
            _keys.Or(repartitioned.KeySerde), _values.Or(repartitioned.ValueSerde));
        var node = new RepartitionNode<TKey, TValue>(RepartitionNames.Of(_graph, baseName), _output, serdes)
        {
            IsImplied = false,
            PartitionCount = repartitioned.PartitionCount,
            Partitioner = repartitioned.Partitioner,
        };
        _graph.Add(node);
        return new KStream<TKey, TValue>(_graph, node.Output, serdes.Keys, serdes.Values, repartitionRequired: false);
    }
}
