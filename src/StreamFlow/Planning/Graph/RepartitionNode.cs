using System.Text.RegularExpressions;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>The serdes of a stream, wherever they come from.</summary>
internal sealed record StreamSerdes<TKey, TValue>(SerdeSource<TKey> Keys, SerdeSource<TValue> Values);

/// <summary>The names of a repartition topic and of the nodes around it.</summary>
internal sealed partial record RepartitionNames(string Topic, string Filter, string Sink, string Source)
{
    /// <summary>Names as Kafka Streams gives them, to the number.</summary>
    public static RepartitionNames Of(TopologyGraph graph, string baseName)
    {
        var topic = baseName.EndsWith(InternalTopics.RepartitionSuffix, StringComparison.Ordinal)
            ? baseName
            : baseName + InternalTopics.RepartitionSuffix;
        ResourceName.Check(topic);

        // Three numbers are used up in any case, in this order.
        var sink = graph.NodeName(null, "KSTREAM-SINK-");
        var filter = graph.NodeName(null, "KSTREAM-FILTER-");
        var source = graph.NodeName(null, "KSTREAM-SOURCE-");
        return GeneratedTopic().IsMatch(topic) ? new RepartitionNames(topic, filter, sink, source) : ByTopic(topic);
    }

    /// <summary>Names of the nodes around a topic whose name the user chose, or that took the place of several.</summary>
    public static RepartitionNames ByTopic(string topic) => new(topic, topic + "-filter", topic + "-sink", topic + "-source");

    [GeneratedRegex("^KSTREAM.*-[0-9]{10}-repartition$", RegexOptions.CultureInvariant)]
    private static partial Regex GeneratedTopic();
}

/// <summary>
/// Sends a stream through a topic, so that records of one key meet in one partition. One node as long as the graph is
/// rewritten; in the end it becomes a filter of records without a key, a sink, and in the next sub-topology a source.
/// </summary>
internal abstract class RepartitionNode : NodeDescription
{
    protected RepartitionNode(RepartitionNames names, IReadOnlyList<Output> inputs)
        : base(names.Source, NodeKind.Processor, inputs) => TopicNames = names;

    public RepartitionNames TopicNames { get; }

    public override IEnumerable<string> Names => [TopicNames.Filter, TopicNames.Sink, TopicNames.Source];

    /// <summary>Whether an operator needed it, so that it may be put elsewhere; otherwise the user asked for it.</summary>
    public required bool IsImplied { get; init; }

    public sealed override string Detail(IEnumerable<StoreBuilder> stores) => $"topic: {TopicNames.Topic}";

    public sealed override IEnumerable<Node> Create(TaskLinker linker) =>
        throw new InvalidOperationException($"'{Name}' has not become the nodes around its topic.");

    /// <summary>One node in the place of several, further up; the topic has the name of this one's.</summary>
    /// <param name="input">What it takes its records from.</param>
    /// <param name="others">The other nodes, of the same types.</param>
    public abstract RepartitionNode MergedWith(IEnumerable<RepartitionNode> others, Output input);

    /// <summary>The filter, the sink and the source that it becomes.</summary>
    /// <param name="input">What it takes its records from.</param>
    /// <param name="passesMissingKeys">Whether somebody behind takes records without a key.</param>
    public abstract IReadOnlyList<NodeDescription> Expand(Output input, bool passesMissingKeys);
}

/// <summary>A repartitioning whose types are known.</summary>
internal sealed class RepartitionNode<TKey, TValue> : RepartitionNode
{
    private readonly StreamSerdes<TKey, TValue> _serdes;

    public RepartitionNode(RepartitionNames names, Output<TKey, TValue> input, StreamSerdes<TKey, TValue> serdes)
        : base(names, [input])
    {
        _serdes = serdes;
        Output = new Output<TKey, TValue>(this);
        Outputs = [Output];
    }

    public Output<TKey, TValue> Output { get; }

    public override IReadOnlyList<Output> Outputs { get; }

    public int? PartitionCount { get; init; }

    public StreamPartitioner<TKey, TValue>? Partitioner { get; init; }

    public override RepartitionNode MergedWith(IEnumerable<RepartitionNode> others, Output input)
    {
        var all = others.Cast<RepartitionNode<TKey, TValue>>().Prepend(this).ToList();
        var serdes = new StreamSerdes<TKey, TValue>(
            SerdeSource<TKey>.FirstGiven(all.Select(node => node._serdes.Keys)),
            SerdeSource<TValue>.FirstGiven(all.Select(node => node._serdes.Values)));
        return new RepartitionNode<TKey, TValue>(
            RepartitionNames.ByTopic(TopicNames.Topic), (Output<TKey, TValue>)input, serdes)
        {
            IsImplied = true,
        };
    }

    public override IReadOnlyList<NodeDescription> Expand(Output input, bool passesMissingKeys)
    {
        var filter = new OperatorNode<TKey, TValue, TKey, TValue>(
            TopicNames.Filter,
            [(Output<TKey, TValue>)input],
            (name, task, next) => new KeyFilter<TKey, TValue>(name, task, next, passesMissingKeys));
        var sink = new SinkNode<TKey, TValue>(
            TopicNames.Sink,
            filter.Output,
            new SinkTarget(TopicNames.Topic, new RepartitionTopic(TopicNames.Topic, PartitionCount)),
            chooser: null,
            _serdes,
            Partitioner);
        var source = new SourceNode<TKey, TValue>(
            TopicNames.Source,
            [TopicNames.Topic],
            SourceKind.Repartition,
            OffsetReset.Earliest,
            _serdes,
            new SourceTime<TKey, TValue>(null, InvalidTimestampPolicy.Fail));
        return [filter, sink, source];
    }
}
