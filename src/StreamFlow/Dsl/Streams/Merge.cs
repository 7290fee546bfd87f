using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string MergePrefix = "KSTREAM-MERGE-";

    /// <summary>
    /// Puts the records of two streams into one. Within a task they come in the order they are processed, which event
    /// time decides as far as records are there. The two need not have the same number of partitions, unless an aggregation or a
    /// join is behind it without a repartition topic in between: then the application refuses to start, because records of
    /// one key would not meet.
    /// </summary>
    /// <param name="other">The other stream, of the same builder.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-MERGE-0000000002</c>.</param>
    /// <returns>The records of both.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    /// <example><code>webOrders.Merge(shopOrders)</code></example>
    public KStream<TKey, TValue> Merge(KStream<TKey, TValue> other, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!ReferenceEquals(_graph, other._graph))
        {
            throw new TopologyException("Streams of two builders cannot be merged: make both on one StreamsBuilder.");
        }

        var node = new OperatorNode<TKey, TValue, TKey, TValue>(
            _graph.NodeName(name, MergePrefix),
            [_output, other._output],
            (node, _, next) => new MergeProcessor<TKey, TValue>(node, next));
        _graph.Add(node);

        return new KStream<TKey, TValue>(
            _graph,
            node.Output,
            SerdeSource<TKey>.Common(_keys, other._keys),
            SerdeSource<TValue>.Common(_values, other._values),
            _repartitionRequired || other._repartitionRequired);
    }
}

internal sealed class MergeProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly Processor<TKey, TValue> _next;

    public MergeProcessor(string name, Processor<TKey, TValue> next)
        : base(name) => _next = next;

    public override void Process(in Record<TKey, TValue> record) => _next.Process(in record);
}
