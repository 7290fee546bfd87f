using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Describes the store of subscriptions: by foreign key and primary key what the row has asked, with the headers of its record, which
/// Kafka Streams keeps in the changelog too.
/// </summary>
internal sealed class SubscriptionStoreBuilder<TOtherKey, TKey>(
    string name, SerdeSource<SubscriptionKey<TOtherKey, TKey>> keys, SerdeSource<Subscription<TKey>> values)
    : TypedStoreBuilder<KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>>, SubscriptionKey<TOtherKey, TKey>,
        Subscription<TKey>>(name, keys, values)
{
    private protected override KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>> Build(
        ISerde<SubscriptionKey<TOtherKey, TKey>> keys, ISerde<Subscription<TKey>> values) =>
        new(Name, keys, values, StoreFormat.Headers);

    private protected override StoreShape Shape => new()
    {
        Kind = "subscriptions of a join by foreign key",
        Layout = StoreFormat.Headers,
    };
}
