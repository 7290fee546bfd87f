using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Describes a list store, which keeps the values that were added to a key in their order. The changelog has the whole list of
/// a key, as Kafka Streams writes that of an outer join.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of one value.</typeparam>
/// <param name="name">Name of the store.</param>
/// <example><code>new ListStoreBuilder&lt;string, Order&gt;("open-orders")</code></example>
public sealed class ListStoreBuilder<TKey, TValue>(string name)
    : TypedStoreBuilder<IListStore<TKey, TValue>, TKey, TValue>(name, null, null)
{
    private protected override IListStore<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) =>
        new ListStore<TKey, TValue>(Name, keys, values);

    private protected override StoreShape Shape => new() { Kind = "lists of values by key" };
}
