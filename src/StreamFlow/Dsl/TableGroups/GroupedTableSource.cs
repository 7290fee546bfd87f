using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>What the aggregations of one group of rows read, and the repartition topic they may have to share.</summary>
internal sealed class GroupedTableSource<TKey, TValue>(
    TopologyGraph graph, Output<TKey, Change<TValue>> output, StreamSerdes<TKey, TValue> serdes, string? name)
{
    private Output<TKey, Change<TValue>>? _shared;

    public TopologyGraph Graph => graph;

    public StreamSerdes<TKey, TValue> Serdes => serdes;

    /// <summary>Where an aggregation gets its updates, partitioned by key.</summary>
    /// <param name="storeName">Its store, which names the repartition topic unless the user did.</param>
    /// <param name="operatorName">Its name, if the user gave it one.</param>
    public Output<TKey, Change<TValue>> Input(string storeName, string? operatorName)
    {
        // The numbers are used up by each aggregation, also by those that share a topic.
        var sinkName = graph.NodeName(operatorName is null ? null : operatorName + "-sink", "KSTREAM-SINK-");
        var sourceName = graph.NodeName(operatorName is null ? null : operatorName + "-source", "KSTREAM-SOURCE-");
        if (_shared is not null)
        {
            return _shared;
        }

        var topic = ResourceName.Check((name ?? storeName) + InternalTopics.RepartitionSuffix);
        var changes = new StreamSerdes<TKey, Change<TValue>>(
            serdes.Keys,
            SerdeSource<Change<TValue>>.From((registry, where) => new ChangeSerde<TValue>(serdes.Values.Resolve(registry, where))));
        graph.Add(new SinkNode<TKey, Change<TValue>>(
            sinkName, output, new SinkTarget(topic, new RepartitionTopic(topic, null)), chooser: null, changes, partitioner: null));
        var source = new SourceNode<TKey, Change<TValue>>(
            sourceName,
            [topic],
            SourceKind.Repartition,
            OffsetReset.Earliest,
            changes,
            new SourceTime<TKey, Change<TValue>>(null, InvalidTimestampPolicy.Fail));
        graph.Add(source);
        _shared = name is null ? null : source.Output;
        return source.Output;
    }
}
