using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>
/// The stores that were added by themselves, and the nodes that stores are connected to by name: those, and the ones that
/// tables and aggregations keep their rows in. Names may be told in any order; they are looked up in the plan.
/// </summary>
/// <param name="nodes">The nodes of the description, as they come.</param>
internal sealed class ConnectedStores(IReadOnlyList<NodeDescription> nodes)
{
    private readonly List<StoreBuilder> _added = [];
    private readonly Dictionary<string, List<string>> _namesByNode = new(StringComparer.Ordinal);
    private readonly Dictionary<StoreBuilder, SourceNode> _sources = [];
    private readonly HashSet<string> _globals = new(StringComparer.Ordinal);

    /// <summary>The stores that were added by themselves.</summary>
    public IReadOnlyList<StoreBuilder> Added => _added;

    public void Add(StoreBuilder store) => _added.Add(store);

    /// <summary>Connects a node to a store; again changes nothing.</summary>
    public void Connect(string node, string store)
    {
        if (!_namesByNode.TryGetValue(node, out var names))
        {
            _namesByNode.Add(node, names = []);
        }

        if (!names.Contains(store))
        {
            names.Add(store);
        }
    }

    /// <summary>Tells that a store is a global one: each instance has all of it, and processors may only read it.</summary>
    public void MakeGlobal(StoreBuilder store) => _globals.Add(store.Name);

    /// <summary>Names of the global stores, those of global tables included.</summary>
    public IReadOnlyCollection<string> Globals => _globals
        .Concat(nodes.Where(IsOfGlobal).Select(node => node.Rows).OfType<RowsDescription>().Select(rows => rows.Store.Name))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Lets a store be restored from the topic that it is filled from, in place of a changelog of its own.</summary>
    public void RestoreFrom(StoreBuilder store, SourceNode source) => _sources.Add(store, source);

    /// <summary>The topic that a store is filled from, and nothing else; null where it has a changelog, or none.</summary>
    public SourceNode? SourceOf(StoreBuilder store) => _sources.GetValueOrDefault(store);

    /// <summary>The stores that a node is connected to.</summary>
    /// <exception cref="TopologyException">There is no store of a name.</exception>
    public IEnumerable<StoreBuilder> Of(NodeDescription node) =>
        _namesByNode.TryGetValue(node.Name, out var names) ? names.Select(name => Find(node, name)) : [];

    private static bool IsOfGlobal(NodeDescription node) =>
        node.Inputs.Any(input => input.Owner is SourceNode { SourceKind: SourceKind.Global });

    /// <summary>The store of a name; null when there is none yet.</summary>
    public StoreBuilder? Find(string name) =>
        _added.Find(store => store.Name == name)
        ?? nodes.Select(node => node.Rows).FirstOrDefault(rows => rows is { OnDemand: false } && rows.Store.Name == name)?.Store;

    private StoreBuilder Find(NodeDescription node, string name) =>
        !IsOfGlobal(node) && Globals.Contains(name)
            ? throw new TopologyException(
                $"Processor {node.Name} is connected to '{name}', which is a global store: every processor can read those as they "
                + "are. Leave the name out.")
        : Find(name) ?? throw new TopologyException(
            $"Processor {node.Name} is connected to store '{name}', which there is not. Add it by AddStateStore, hand its "
            + "builder to the processor's options (Stores), or name the store of a table or aggregation (Materialized.Name).");
}
