using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>Adds a node that reads topics.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="topics">Names of the topics, one at least; they must exist when the application starts.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="TopologyException">
    /// The name is none, or taken; there are no topics, or one of them is read by another source already.
    /// </exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    /// <example><code>topology.AddSource&lt;string, string&gt;("orders-source", "orders")</code></example>
    public Topology AddSource<TKey, TValue>(string name, params string[] topics) =>
        AddSource(name, topics, new Consumed<TKey, TValue>());

    /// <summary>Adds a node that reads topics, with settings.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="topics">Names of the topics, one at least; they must exist when the application starts.</param>
    /// <param name="consumed">How they are read; without a name, which stands before.</param>
    /// <returns>This topology.</returns>
    /// <inheritdoc cref="AddSource{TKey, TValue}(string, string[])" path="/exception"/>
    public Topology AddSource<TKey, TValue>(
        string name, IReadOnlyCollection<string> topics, Consumed<TKey, TValue> consumed)
    {
        ArgumentNullException.ThrowIfNull(consumed);
        NodeNames.CheckUnnamed(name, consumed.Name, nameof(Consumed<,>));
        return Change(graph => AddSource(graph, name, topics, consumed));
    }

    private static SourceNode<TKey, TValue> AddSource<TKey, TValue>(
        TopologyGraph graph, string name, IReadOnlyCollection<string> topics, Consumed<TKey, TValue> consumed)
    {
        NodeNames.Check(graph, name);
        ArgumentNullException.ThrowIfNull(topics);
        if (topics.Count == 0)
        {
            throw new TopologyException($"Source {name} reads no topics. Name one at least.");
        }

        foreach (var topic in topics)
        {
            ArgumentException.ThrowIfNullOrEmpty(topic, nameof(topics));
            ResourceName.CheckTopic(topic);
        }

        if (graph.FindSource(topics) is { } other)
        {
            throw new TopologyException(
                $"[{string.Join(", ", other.Topics)}] is read by {other.Name} already. Let {other.Name} be the parent of all that "
                + "take its records.");
        }

        var source = new SourceNode<TKey, TValue>(
            name,
            topics,
            SourceKind.Stream,
            consumed.OffsetReset,
            new StreamSerdes<TKey, TValue>(
                SerdeSource<TKey>.Of(consumed.KeySerde), SerdeSource<TValue>.Of(consumed.ValueSerde)),
            new SourceTime<TKey, TValue>(consumed.TimestampExtractor, consumed.OnInvalidTimestamp));
        graph.Add(source);
        return source;
    }
}
