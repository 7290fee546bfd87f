using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes the store of records that wait for one of the other stream.</summary>
internal sealed class WaitingStoreBuilder<TKey, TLeft, TRight>(
    string name, SerdeSource<TKey> keys, SerdeSource<TLeft> left, SerdeSource<TRight> right)
    : StoreBuilder<ListStore<WaitingKey<TKey>, WaitingValue<TLeft, TRight>>>(name)
{
    protected override ListStore<WaitingKey<TKey>, WaitingValue<TLeft, TRight>> Build(StoreSetup setup) => new(
        Name,
        new WaitingKeySerde<TKey>(setup.Keys(keys)),
        new WaitingValueSerde<TLeft, TRight>(setup.Values(left), setup.Values(right)));

    internal override StoreShape Describe(StoreSetup setup) => new()
    {
        Kind = $"records that wait for a join, of {setup.ValueFormat(left).Text} and {setup.ValueFormat(right).Text}",
        Key = setup.KeyFormat(keys),
    };
}
