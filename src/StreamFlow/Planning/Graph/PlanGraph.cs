using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>What the planner finds out about a node.</summary>
internal sealed class NodeFacts
{
    /// <summary>
    /// Whether a node that takes records without a key is reached from here, so that they must be handed on.
    /// </summary>
    public bool LeadsMissingKeysOn { get; set; }

    /// <summary>Whether its rows are kept, where it need not keep them.</summary>
    public bool KeepsRows { get; set; }

    /// <summary>Whether its rows are looked up as they were told last, so that the value before must be known until they are told.</summary>
    public bool ShowsTold { get; set; }

    /// <summary>
    /// Whether the row before a change can be looked up while that is told, for a join whose two sides both come from it.
    /// </summary>
    public bool ShowsBefore { get; set; }

    /// <summary>Whether one change may reach it as one of its row and of the one that it looks up.</summary>
    public bool MeetsItself { get; set; }

    /// <summary>
    /// Whether what it hands on, and what is looked up in its rows, are copies: somebody keeps it while rows are changed in place.
    /// </summary>
    public bool HandsOutCopies { get; set; }

    /// <summary>Whether the updates that it takes come with the value before.</summary>
    public bool KnowsOldValues { get; set; }

    /// <summary>Whether its updates come with the value before: somebody asked for it, and it can be known.</summary>
    public bool TellsOldValues { get; set; }

    /// <summary>What the user's wrapper puts round its processors; null where it leaves them as they are.</summary>
    public Delegate? Wrapper { get; set; }

    /// <summary>Stores that the wrapper has connected to it.</summary>
    public IReadOnlyList<StoreBuilder> AddedStores { get; set; } = [];

    /// <summary>The topic that is the changelog of its rows too; null where they have one of their own.</summary>
    public SourceChangelog? Source { get; set; }
}

/// <summary>
/// The nodes of a topology and their links while the planner rewrites them, step by step; the description they come from
/// stays as it is. Nodes are in the order of their description, which numbers sub-topologies and orders what a node hands
/// its records to; a node that takes the place of others stands where it belongs.
/// </summary>
internal sealed class PlanGraph
{
    private readonly List<NodeDescription> _nodes = [];
    private readonly Dictionary<NodeDescription, Output[]> _inputs = [];
    private readonly Dictionary<NodeDescription, NodeFacts> _facts = [];
    private readonly ConnectedStores? _connected;

    public PlanGraph(IEnumerable<NodeDescription> nodes, ConnectedStores? connected = null)
    {
        _connected = connected;
        foreach (var node in nodes)
        {
            Insert(_nodes.Count, node);
        }
    }

    public IReadOnlyList<NodeDescription> Nodes => _nodes;

    public NodeFacts FactsOf(NodeDescription node) => _facts[node];

    public int PositionOf(NodeDescription node) => _nodes.IndexOf(node);

    public IReadOnlyList<Output> InputsOf(NodeDescription node) => _inputs[node];

    public IEnumerable<NodeDescription> ParentsOf(NodeDescription node) => _inputs[node].Select(input => input.Owner);

    /// <summary>The nodes that take the records of an output; one that has it as input twice takes them twice.</summary>
    public IEnumerable<NodeDescription> TargetsOf(Output output) =>
        _nodes.SelectMany(node => _inputs[node].Where(input => input == output).Select(_ => node));

    public IEnumerable<NodeDescription> ChildrenOf(NodeDescription node) => node.Outputs.SelectMany(TargetsOf);

    /// <summary>
    /// The stores that a node reads and writes: its own, that of rows it keeps, those of rows it looks up, and those that it is
    /// connected to.
    /// </summary>
    public IEnumerable<StoreBuilder> StoresOf(NodeDescription node) =>
        node.LooksUp.SelectMany(KeepersOf)
            .Append(node)
            .Where(KeepsRows)
            .Select(keeper => keeper.Rows!.Store)
            .Concat(_connected?.Of(node) ?? [])
            .Concat(FactsOf(node).AddedStores)
            .Distinct();

    /// <summary>Whether a node keeps rows in the end.</summary>
    public bool KeepsRows(NodeDescription node) => node.Rows is { } rows && (!rows.OnDemand || FactsOf(node).KeepsRows);

    /// <summary>Whether a node may keep the objects that it is given, or hand them to a store of the user's.</summary>
    public bool KeepsValues(NodeDescription node) =>
        node.Rows is { AreSafe: false } || _connected?.Of(node).Any() == true || FactsOf(node).AddedStores.Count > 0;

    /// <summary>
    /// The nodes that keep, or can keep, the rows of a table: its own, or those of the tables it is derived from.
    /// </summary>
    public IEnumerable<NodeDescription> KeepersOf(NodeDescription table) =>
        table.Rows is { IsPart: false } ? [table]
        : ParentsOf(table).SelectMany(KeepersOf).Concat(table.Rows is null ? [] : [table]).Distinct();

    /// <summary>A node and all that its records come from.</summary>
    public HashSet<NodeDescription> OriginsOf(NodeDescription node)
    {
        HashSet<NodeDescription> origins = [node];
        Queue<NodeDescription> rest = new(origins);
        while (rest.TryDequeue(out var next))
        {
            foreach (var parent in ParentsOf(next).Where(origins.Add))
            {
                rest.Enqueue(parent);
            }
        }

        return origins;
    }

    /// <summary>Adds a node at the place behind another one.</summary>
    public void InsertBehind(NodeDescription place, NodeDescription node) => Insert(PositionOf(place) + 1, node);

    /// <summary>Takes a node out that nobody takes records from any more.</summary>
    public void Remove(NodeDescription node)
    {
        _nodes.Remove(node);
        _inputs.Remove(node);
    }

    /// <summary>Lets a node take its records from another output.</summary>
    public void Redirect(NodeDescription node, Output from, Output to)
    {
        var inputs = _inputs[node];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] == from)
            {
                inputs[i] = to;
            }
        }
    }

    /// <summary>Lets all that take their records from one output take them from another.</summary>
    public void Redirect(Output from, Output to)
    {
        foreach (var node in _nodes)
        {
            Redirect(node, from, to);
        }
    }

    private void Insert(int position, NodeDescription node)
    {
        _nodes.Insert(position, node);
        _inputs.Add(node, [.. node.Inputs]);
        _facts.Add(node, new NodeFacts());
    }
}
