using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class Topology
{
    /// <summary>
    /// Adds a store that each instance of the application fills for itself, from all partitions of a topic, by a processor of your own, as
    /// <c>AddGlobalStore</c> of a <see cref="StreamsBuilder"/> does. Every processor may read it by its name, without being connected.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <typeparam name="TKeyOut">Type of the keys that the processor could forward.</typeparam>
    /// <typeparam name="TValueOut">Type of the values that the processor could forward.</typeparam>
    /// <param name="store">What the store is to be; it has no changelog, whatever is set.</param>
    /// <param name="sourceName">Name of the node that reads the topic.</param>
    /// <param name="topic">Name of the topic; it must exist when the application starts, and keep the latest record of each key.</param>
    /// <param name="processorName">Name of the processor.</param>
    /// <param name="supplier">Makes the processor: a new one at each call.</param>
    /// <param name="consumed">Serdes, or <see langword="null"/> for defaults; the topic is always read from its beginning.</param>
    /// <returns>This topology.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">A name is none, or taken, or the topic is read already, only from its end, or with a timestamp extractor.</exception>
    /// <exception cref="InvalidOperationException">The topology is used already, or a builder has made it.</exception>
    public Topology AddGlobalStore<TKey, TValue, TKeyOut, TValueOut>(
        StoreBuilder store, string sourceName, string topic, string processorName,
        ProcessorSupplier<TKey, TValue, TKeyOut, TValueOut> supplier, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        consumed ??= new Consumed<TKey, TValue>();
        GlobalSource.Check(topic, consumed);
        NodeNames.CheckUnnamed(sourceName, consumed.Name, nameof(Consumed<,>));
        return Change(graph =>
        {
            NodeNames.Check(graph, sourceName);
            NodeNames.Check(graph, processorName);
            var source = GlobalSource.Add(graph, sourceName, topic, consumed);
            graph.Add(new ProcessorNode<TKey, TValue, TKeyOut, TValueOut>(processorName, [source.Output], supplier)
            {
                Rows = new RowsDescription(store, OnDemand: false),
            });
        });
    }
}

/// <summary>Sources that each instance reads as a whole.</summary>
internal static class GlobalSource
{
    /// <exception cref="TopologyException">The topic cannot be read so.</exception>
    public static void Check<TKey, TValue>(string topic, Consumed<TKey, TValue> consumed)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ResourceName.CheckTopic(topic);
        if (consumed.OffsetReset is { } reset && reset != OffsetResetPolicy.Earliest)
        {
            throw new TopologyException(
                $"Global state of '{topic}' is to be read by the policy {reset}, but it is made of the whole topic. Leave "
                + "Consumed.OffsetReset out.");
        }

        if (consumed.TimestampExtractor is not null)
        {
            throw new TopologyException(
                $"Global state of '{topic}' has its records' own times, so that Consumed.TimestampExtractor would have no effect. Leave it out.");
        }
    }

    /// <exception cref="TopologyException">The topic is read already.</exception>
    public static SourceNode<TKey, TValue> Add<TKey, TValue>(
        TopologyGraph graph, string name, string topic, Consumed<TKey, TValue> consumed)
    {
        if (graph.FindSource([topic]) is not null)
        {
            throw new TopologyException(
                $"'{topic}' is read already. A topic is read once: use the one global table or store, or read a copy of the topic.");
        }

        var source = new SourceNode<TKey, TValue>(
            name,
            [topic],
            SourceKind.Global,
            OffsetReset.Earliest,
            new StreamSerdes<TKey, TValue>(SerdeSource<TKey>.Of(consumed.KeySerde), SerdeSource<TValue>.Of(consumed.ValueSerde)),
            new SourceTime<TKey, TValue>(null, consumed.OnInvalidTimestamp));
        graph.Add(source);
        return source;
    }
}
