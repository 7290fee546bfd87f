using StreamFlow.Processing;

namespace StreamFlow.Planning;

/// <summary>
/// Creates and links the processors of one task. Children come first, because a processor takes the next one at its
/// creation; a node that several branches reach is made once.
/// </summary>
internal sealed class TaskLinker
{
    private readonly Dictionary<NodeDescription, Node> _made = [];
    private readonly PlanGraph _graph;
    private readonly Dictionary<string, SourceProcessor> _sources = new(StringComparer.Ordinal);

    public TaskLinker(TaskContext task, PlanGraph graph)
    {
        Task = task;
        _graph = graph;
    }

    public TaskContext Task { get; }

    /// <summary>Names of the stores that a node reads and writes.</summary>
    public IReadOnlyCollection<string> StoresOf(NodeDescription node) =>
        _graph.StoresOf(node).Select(store => store.Name).ToHashSet(StringComparer.Ordinal);

    public NodeFacts FactsOf(NodeDescription node) => _graph.FactsOf(node);

    /// <summary>The processors of the given nodes, in the order given.</summary>
    public TaskTopology Link(IReadOnlyList<NodeDescription> nodes)
    {
        List<Node> processors = [.. nodes.SelectMany(node => node.Create(this))];
        var patterns = nodes.OfType<SourceNode>().Where(source => source.Pattern is not null).ToList();
        return new TaskTopology(processors, _sources, topic =>
            patterns.Find(source => source.Pattern!.Matches(topic))?.CreateSource(this, topic));
    }

    /// <summary>What reads a topic.</summary>
    public void Add(string topic, SourceProcessor source) => _sources.Add(topic, source);

    public Processor<TKey, TValue> Processor<TKey, TValue>(InputNode<TKey, TValue> node)
    {
        if (_made.TryGetValue(node, out var made))
        {
            return (Processor<TKey, TValue>)made;
        }

        var processor = node.CreateProcessor(this);
        if (FactsOf(node).Wrapper is ProcessorWrapperSupplier<TKey, TValue> wrapper)
        {
            processor = new WrappingProcessor<TKey, TValue>(Task, processor, wrapper(), StoresOf(node));
        }

        _made.Add(node, processor);
        return processor;
    }

    /// <summary>What a node hands its records to: the only child itself, or one that hands them to all.</summary>
    public Processor<TKey, TValue> Next<TKey, TValue>(Output<TKey, TValue> output)
    {
        var targets = _graph.TargetsOf(output).Cast<InputNode<TKey, TValue>>().ToList();
        return targets.Count switch
        {
            0 => NoOutput<TKey, TValue>.Instance,
            1 => Processor(targets[0]),
            _ => new FanOut<TKey, TValue>([.. targets.Select(Processor)]),
        };
    }

    /// <summary>The nodes that an output's records go to, one by one.</summary>
    public NamedChild<TKey, TValue>[] Children<TKey, TValue>(Output<TKey, TValue> output) =>
        [.. _graph.TargetsOf(output).Cast<InputNode<TKey, TValue>>()
            .Select(target => new NamedChild<TKey, TValue>(target.Name, Processor(target)))];
}
