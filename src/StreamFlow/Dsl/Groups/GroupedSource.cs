using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>What the aggregations of one group read, and the repartition topic they may have to share.</summary>
internal sealed class GroupedSource<TKey, TValue>
{
    private readonly Output<TKey, TValue> _output;
    private readonly bool _repartitionRequired;
    private readonly string? _name;
    private Output<TKey, TValue>? _shared;

    public GroupedSource(
        TopologyGraph graph, Output<TKey, TValue> output, StreamSerdes<TKey, TValue> serdes, bool repartitionRequired,
        string? name)
    {
        Graph = graph;
        _output = output;
        Serdes = serdes;
        _repartitionRequired = repartitionRequired;
        _name = name;
    }

    public TopologyGraph Graph { get; }

    public StreamSerdes<TKey, TValue> Serdes { get; }

    public SerdeSource<TKey> Keys => Serdes.Keys;

    /// <summary>Whether an aggregation that needs a repartition topic has to name it.</summary>
    public bool LeavesTopicUnnamed => _repartitionRequired && _name is null;

    /// <summary>Where an aggregation gets its records, partitioned by key.</summary>
    /// <param name="storeName">Its store, which names the repartition topic unless the user did.</param>
    public Output<TKey, TValue> Input(string storeName)
    {
        if (!_repartitionRequired)
        {
            return _output;
        }

        // The numbers are used up by each aggregation, also by those that share a topic.
        var names = RepartitionNames.Of(Graph, _name ?? storeName);
        if (_shared is not null)
        {
            return _shared;
        }

        var repartition = new RepartitionNode<TKey, TValue>(names, _output, Serdes) { IsImplied = true };
        Graph.Add(repartition);
        _shared = _name is null ? null : repartition.Output;
        return repartition.Output;
    }
}
