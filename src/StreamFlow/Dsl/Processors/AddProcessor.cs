using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>Adds a processor. Its children get what it forwards.</summary>
    /// <typeparam name="TKeyIn">Type of the keys it takes; that of its parents.</typeparam>
    /// <typeparam name="TValueIn">Type of the values it takes; that of its parents.</typeparam>
    /// <typeparam name="TKeyOut">Type of the keys it forwards.</typeparam>
    /// <typeparam name="TValueOut">Type of the values it forwards.</typeparam>
    /// <param name="name">Name of the node.</param>
    /// <param name="supplier">Makes the processor: a new one at each call, for each task has one.</param>
    /// <param name="parentNames">Names of the nodes whose records it takes, one at least.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">
    /// The name is none, or taken; or a parent is missing, unknown, the node itself, a sink, or hands on other types.
    /// </exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    /// <example><code>topology.AddProcessor("check", () => new Check(), "orders-source")</code></example>
    public Topology AddProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut>(
        string name, ProcessorSupplier<TKeyIn, TValueIn, TKeyOut, TValueOut> supplier, params string[] parentNames)
    {
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        return Change(graph => AddProcessor(graph, name, supplier, NodeNames.Parents<TKeyIn, TValueIn>(graph, name, parentNames)));
    }

    private static void AddProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut>(
        TopologyGraph graph, string name, ProcessorSupplier<TKeyIn, TValueIn, TKeyOut, TValueOut> supplier,
        IReadOnlyList<Output<TKeyIn, TValueIn>> parents)
    {
        NodeNames.Check(graph, name);
        graph.Add(new ProcessorNode<TKeyIn, TValueIn, TKeyOut, TValueOut>(name, parents, supplier)
        {
            ChangesKey = true,
            ChangesValue = true,
        });
    }
}
