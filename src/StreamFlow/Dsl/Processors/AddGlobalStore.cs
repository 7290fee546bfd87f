using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>
    /// Adds a global store, node names included; else as
    /// <see cref="StreamsBuilder.AddGlobalStore{TKey, TValue, TKeyOut, TValueOut}"/>.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <typeparam name="TKeyOut">Not used: nothing is behind the processor.</typeparam>
    /// <typeparam name="TValueOut">Not used: nothing is behind the processor.</typeparam>
    /// <param name="store">What the store is to be; it has no changelog, whatever is set.</param>
    /// <param name="sourceName">Name of the node that reads the topic.</param>
    /// <param name="topic">Name of the topic; it must exist when the application starts.</param>
    /// <param name="processorName">Name of the processor.</param>
    /// <param name="supplier">Makes the processor: a new one at each call.</param>
    /// <param name="consumed">How the topic is read, or <see langword="null"/> for defaults.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">A name is none, or taken, or the topic cannot be read so.</exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    public Topology AddGlobalStore<TKey, TValue, TKeyOut, TValueOut>(
        StoreBuilder store, string sourceName, string topic, string processorName,
        ProcessorSupplier<TKey, TValue, TKeyOut, TValueOut> supplier, Consumed<TKey, TValue>? consumed = null)
    {
        consumed ??= new Consumed<TKey, TValue>();
        NodeNames.CheckUnnamed(sourceName, consumed.Name, nameof(Consumed<,>));
        return Change(graph =>
        {
            NodeNames.Check(graph, sourceName);
            NodeNames.Check(graph, processorName);
            GlobalStores.Add(graph, store, new GlobalSource<TKey, TValue>(sourceName, topic, consumed), processorName, supplier);
        });
    }
}
