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
}
