using StreamFlow.Processing;

namespace StreamFlow.Planning;

/// <summary>The linked processors of one task.</summary>
/// <param name="nodes">All nodes that are known by now, parents before children.</param>
/// <param name="sources">Source nodes by topic name as in <see cref="SourceTopic.Name"/>.</param>
/// <param name="match">Makes the source of a topic whose name matches a pattern; null where it matches none.</param>
internal sealed class TaskTopology(
    List<Node> nodes, Dictionary<string, SourceProcessor> sources, Func<string, SourceProcessor?> match)
{
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>What reads a topic. For one that matches a pattern it is made when it is asked for first.</summary>
    public SourceProcessor SourceOf(string topic)
    {
        if (!sources.TryGetValue(topic, out var source))
        {
            source = match(topic) ?? throw new StreamsException($"No source of this task reads topic '{topic}'.");
            sources.Add(topic, source);
            nodes.Add(source);
        }

        return source;
    }
}
