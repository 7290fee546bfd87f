using StreamFlow.Planning;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string SinkPrefix = "KSTREAM-SINK-";

    /// <summary>Writes the records to a topic, with their timestamps and headers; a tombstone has no value there.</summary>
    /// <param name="topic">Name of the topic; it must exist.</param>
    /// <param name="produced">How it is written, or <see langword="null"/> for defaults.</param>
    /// <exception cref="TopologyException">No topic can be called so.</exception>
    /// <example><code>bigOrders.To("big-orders", new() { Name = "big-orders-sink" })</code></example>
    public void To(string topic, Produced<TKey, TValue>? produced = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        AddSink(new SinkTarget(ResourceName.CheckTopic(topic), null), null, produced);
    }

    /// <summary>Writes each record to a topic it chooses.</summary>
    /// <param name="topic">Chooses the topic, which must exist.</param>
    /// <param name="produced">How the topics are written, or <see langword="null"/> for defaults.</param>
    /// <example><code>orders.To(record => "orders-" + record.Value.Country)</code></example>
    public void To(TopicNameExtractor<TKey, TValue> topic, Produced<TKey, TValue>? produced = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        AddSink(new SinkTarget(null, null), topic, produced);
    }

    private void AddSink(
        SinkTarget target, TopicNameExtractor<TKey, TValue>? chooser, Produced<TKey, TValue>? produced)
    {
        produced ??= new Produced<TKey, TValue>();
        _graph.Add(new SinkNode<TKey, TValue>(
            _graph.NodeName(produced.Name, SinkPrefix),
            _output,
            target,
            chooser,
            new StreamSerdes<TKey, TValue>(_keys.Or(produced.KeySerde), _values.Or(produced.ValueSerde)),
            produced.Partitioner));
    }
}
