using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>Adds a node that writes a topic.</summary>
    /// <typeparam name="TKey">Type of the keys; that of its parents.</typeparam>
    /// <typeparam name="TValue">Type of the values; that of its parents.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="topic">Name of the topic; it must exist.</param>
    /// <param name="parentNames">Names of the nodes whose records it takes, one at least.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="TopologyException">
    /// The name is none, or taken; or a parent is missing, unknown, the node itself, a sink, or hands on other types.
    /// </exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    /// <example><code>topology.AddSink&lt;string, string&gt;("checked-sink", "checked", "check")</code></example>
    public Topology AddSink<TKey, TValue>(string name, string topic, params string[] parentNames) =>
        AddSink(name, topic, new Produced<TKey, TValue>(), parentNames);

    /// <summary>Adds a node that writes a topic, with settings.</summary>
    /// <typeparam name="TKey">Type of the keys; that of its parents.</typeparam>
    /// <typeparam name="TValue">Type of the values; that of its parents.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="topic">Name of the topic; it must exist.</param>
    /// <param name="produced">How it is written; without a name, which stands before.</param>
    /// <param name="parentNames">Names of the nodes whose records it takes, one at least.</param>
    /// <returns>This topology.</returns>
    /// <inheritdoc cref="AddSink{TKey, TValue}(string, string, string[])" path="/exception"/>
    public Topology AddSink<TKey, TValue>(
        string name, string topic, Produced<TKey, TValue> produced, params string[] parentNames)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        return AddSink(name, new SinkTarget(ResourceName.CheckTopic(topic), null), null, produced, parentNames);
    }

    /// <summary>Adds a node that writes each record to a topic it chooses.</summary>
    /// <typeparam name="TKey">Type of the keys; that of its parents.</typeparam>
    /// <typeparam name="TValue">Type of the values; that of its parents.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="topic">Chooses the topic, which must exist.</param>
    /// <param name="produced">How the topics are written; without a name, which stands before.</param>
    /// <param name="parentNames">Names of the nodes whose records it takes, one at least.</param>
    /// <returns>This topology.</returns>
    /// <inheritdoc cref="AddSink{TKey, TValue}(string, string, string[])" path="/exception"/>
    public Topology AddSink<TKey, TValue>(
        string name, TopicNameExtractor<TKey, TValue> topic, Produced<TKey, TValue> produced, params string[] parentNames)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return AddSink(name, new SinkTarget(null, null), topic, produced, parentNames);
    }

    private Topology AddSink<TKey, TValue>(
        string name, SinkTarget target, TopicNameExtractor<TKey, TValue>? chooser, Produced<TKey, TValue> produced,
        string[] parentNames)
    {
        ArgumentNullException.ThrowIfNull(produced);
        NodeNames.CheckUnnamed(name, produced.Name, nameof(Produced<,>));
        return Change(graph =>
        {
            NodeNames.Check(graph, name);
            graph.Add(new SinkNode<TKey, TValue>(
                name,
                NodeNames.Parents<TKey, TValue>(graph, name, parentNames),
                target,
                chooser,
                new StreamSerdes<TKey, TValue>(
                    SerdeSource<TKey>.Of(produced.KeySerde), SerdeSource<TValue>.Of(produced.ValueSerde)),
                produced.Partitioner));
        });
    }
}
