using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>Adds a state store and connects processors to it. Who shares a store is in one sub-topology.</summary>
    /// <param name="store">What the store is to be.</param>
    /// <param name="processorNames">Names of the processors that read and write it.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="TopologyException">
    /// There is another store of that name, or a processor is unknown, a source or a sink.
    /// </exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    /// <example><code>topology.AddStateStore(new KeyValueStoreBuilder&lt;string, long&gt;("seen"), "check")</code></example>
    public Topology AddStateStore(StoreBuilder store, params string[] processorNames)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(processorNames);
        return Change(graph =>
        {
            foreach (var processor in processorNames)
            {
                CheckProcessor(graph, processor, store.Name);
            }

            graph.AddStore(store);
            foreach (var processor in processorNames)
            {
                graph.Stores.Connect(processor, store.Name);
            }
        });
    }

    /// <summary>Connects a processor to stores that were added before.</summary>
    /// <param name="processorName">Name of the processor.</param>
    /// <param name="storeNames">Names of the stores.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="TopologyException">The processor is unknown, a source or a sink, or a store is unknown.</exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    public Topology ConnectProcessorAndStateStores(string processorName, params string[] storeNames)
    {
        ArgumentNullException.ThrowIfNull(storeNames);
        return Change(graph =>
        {
            foreach (var store in storeNames)
            {
                CheckProcessor(graph, processorName, store);
                if (graph.Stores.Find(store) is null)
                {
                    throw new TopologyException($"Store '{store}' is unknown. Add it before it is connected to {processorName}.");
                }
            }

            foreach (var store in storeNames)
            {
                graph.Stores.Connect(processorName, store);
            }
        });
    }

    /// <summary>
    /// Adds a store that one processor fills from a topic and others only read. The topic takes the place of a changelog, so
    /// its bytes must be the rows: the processor writes each record as it is, and the topic is compacted and never expires.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <typeparam name="TKeyOut">Type of the keys that the processor may forward.</typeparam>
    /// <typeparam name="TValueOut">Type of the values that the processor may forward.</typeparam>
    /// <param name="store">What the store is to be; it has no changelog of its own, whatever is set.</param>
    /// <param name="sourceName">Name of the node that reads the topic.</param>
    /// <param name="topic">Name of the topic; it must exist when the application starts.</param>
    /// <param name="processorName">Name of the processor.</param>
    /// <param name="supplier">Makes the processor: a new one at each call, for each task has one.</param>
    /// <param name="consumed">How the topic is read, or <see langword="null"/> for defaults.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">A name is none, or taken, or the topic is read already.</exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    public Topology AddReadOnlyStateStore<TKey, TValue, TKeyOut, TValueOut>(
        StoreBuilder store, string sourceName, string topic, string processorName,
        ProcessorSupplier<TKey, TValue, TKeyOut, TValueOut> supplier, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        consumed ??= new Consumed<TKey, TValue>();
        NodeNames.CheckUnnamed(sourceName, consumed.Name, nameof(Consumed<,>));
        return Change(graph =>
        {
            NodeNames.Check(graph, processorName);
            var source = AddSource(graph, sourceName, [topic], consumed);
            AddProcessor(graph, processorName, supplier, [source.Output]);
            graph.AddStore(store);
            graph.Stores.Connect(processorName, store.Name);
            graph.Stores.RestoreFrom(store, source);
        });
    }

    private static void CheckProcessor(TopologyGraph graph, string name, string store)
    {
        var node = graph.FindNode(name) ?? throw new TopologyException(
            $"Processor {name} is unknown. Add it before store '{store}' is connected to it.");
        if (node.Kind != NodeKind.Processor)
        {
            throw new TopologyException(
                $"Store '{store}' cannot be connected to {name}, which is a {(node.Kind == NodeKind.Source ? "source" : "sink")}: "
                + "only processors use stores.");
        }
    }
}
