using System.Text.RegularExpressions;
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

    /// <summary>Adds a node that reads all topics whose names match a regular expression, now or while the application runs.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="pattern">What a topic's name must be like as a whole.</param>
    /// <param name="consumed">How they are read, without a name, which stands before; <see langword="null"/> for defaults.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="TopologyException">The name is none, or taken; the pattern, or a topic that matches, is read by another source.</exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    /// <example><code>topology.AddSource&lt;string, string&gt;("orders-source", new Regex("orders-.*"))</code></example>
    public Topology AddSource<TKey, TValue>(string name, Regex pattern, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        consumed ??= new Consumed<TKey, TValue>();
        NodeNames.CheckUnnamed(name, consumed.Name, nameof(Consumed<,>));
        var names = new TopicPattern(pattern);
        return Change(graph =>
        {
            NodeNames.Check(graph, name);
            AddSource(graph, name, [], names, graph.FindSource(names), consumed);
        });
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

        return AddSource(graph, name, topics, null, graph.FindSource(topics), consumed);
    }

    private static SourceNode<TKey, TValue> AddSource<TKey, TValue>(
        TopologyGraph graph, string name, IReadOnlyCollection<string> topics, TopicPattern? pattern, SourceNode? other,
        Consumed<TKey, TValue> consumed)
    {
        if (other is not null)
        {
            throw new TopologyException(
                $"{other.TopicText} is read by {other.Name} already. Let {other.Name} be the parent of all that "
                + "take its records.");
        }

        var source = new SourceNode<TKey, TValue>(
            name,
            topics,
            SourceKind.Stream,
            consumed.OffsetReset,
            new StreamSerdes<TKey, TValue>(
                SerdeSource<TKey>.Of(consumed.KeySerde), SerdeSource<TValue>.Of(consumed.ValueSerde)),
            new SourceTime<TKey, TValue>(consumed.TimestampExtractor, consumed.OnInvalidTimestamp))
        {
            Pattern = pattern,
        };
        graph.Add(source);
        return source;
    }
}
