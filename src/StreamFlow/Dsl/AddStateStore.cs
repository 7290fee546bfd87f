using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class StreamsBuilder
{
    /// <summary>
    /// Adds a state store for processors, which are connected to it by its name
    /// (<see cref="ProcessorOptions.StoreNames"/>). One that nobody is connected to is not made. Adding the same builder again
    /// changes nothing.
    /// </summary>
    /// <param name="store">What the store is to be.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="TopologyException">There is another store of that name, or it is no name.</exception>
    /// <example><code>
    /// builder.AddStateStore(new KeyValueStoreBuilder&lt;string, long&gt;("seen") { StoreType = StoreType.InMemory });
    /// orders.Process(() => new Deduplicate(), new() { StoreNames = ["seen"] }).To("first-orders");
    /// </code></example>
    public StreamsBuilder AddStateStore(StoreBuilder store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _graph.AddStore(store);
        return this;
    }

    /// <summary>
    /// Adds a global store: each instance of the application has a full copy, filled by a processor of your own from all partitions of a
    /// topic. It is complete before the first task starts, and kept current by a thread of its own from then on; a restart fills
    /// it through the processor too. Every processor can read it (<see cref="ProcessingContext.GetStateStore{TStore}"/> as
    /// <see cref="IReadOnlyKeyValueStore{TKey, TValue}"/>) without being connected. Where rows are kept as they are, use
    /// <c>GlobalTable</c>.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <typeparam name="TKeyOut">Not used: nothing is behind the processor.</typeparam>
    /// <typeparam name="TValueOut">Not used: nothing is behind the processor.</typeparam>
    /// <param name="store">What the store is to be; it has no changelog, whatever is set: the topic is read again.</param>
    /// <param name="topic">Name of the topic; it must exist when the application starts, and keep what is needed.</param>
    /// <param name="supplier">Makes the processor: a new one at each call. It cannot schedule, nor ask for commits.</param>
    /// <param name="consumed">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">
    /// A name is none, or taken; the topic is read already, only from its end, or with a timestamp extractor.
    /// </exception>
    /// <example><code>
    /// builder.AddGlobalStore(new KeyValueStoreBuilder&lt;string, string&gt;("rates"), "rates", () => new KeepRates());
    /// </code></example>
    public StreamsBuilder AddGlobalStore<TKey, TValue, TKeyOut, TValueOut>(
        StoreBuilder store, string topic, ProcessorSupplier<TKey, TValue, TKeyOut, TValueOut> supplier,
        Consumed<TKey, TValue>? consumed = null)
    {
        consumed ??= new Consumed<TKey, TValue>();
        var source = _graph.NodeName(consumed.Name is null ? null : consumed.Name + "-source", SourcePrefix);
        var processor = _graph.NodeName(consumed.Name, TableSourcePrefix);
        GlobalStores.Add(_graph, store, new GlobalSource<TKey, TValue>(source, topic, consumed), processor, supplier);
        return this;
    }
}
