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

    public TaskLinker(TaskContext task, PlanGraph graph)
    {
        Task = task;
        _graph = graph;
    }

    public TaskContext Task { get; }

    public NodeFacts FactsOf(NodeDescription node) => _graph.FactsOf(node);

    /// <summary>The processors of the given nodes, in the order given.</summary>
    public TaskTopology Link(IReadOnlyList<NodeDescription> nodes)
    {
        var processors = new Node[nodes.Count];
        var sources = new Dictionary<string, SourceProcessor>(StringComparer.Ordinal);
        for (var i = 0; i < nodes.Count; i++)
        {
            processors[i] = nodes[i].Create(this);
            if (processors[i] is SourceProcessor source)
            {
                foreach (var topic in ((SourceNode)nodes[i]).Topics)
                {
                    sources.Add(topic, source);
                }
            }
        }

        return new TaskTopology(processors, sources);
    }

    public Processor<TKey, TValue> Processor<TKey, TValue>(InputNode<TKey, TValue> node)
    {
        if (_made.TryGetValue(node, out var made))
        {
            return (Processor<TKey, TValue>)made;
        }

        var processor = node.CreateProcessor(this);
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
}
