using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes the store of updates of a table that wait.</summary>
internal sealed class WaitingUpdatesBuilder<TKey, TValue>(string name, SerdeSource<TKey> keys, SerdeSource<TValue> values)
    : TypedStoreBuilder<TimeOrderedBuffer<TKey, WaitingUpdate<TValue>>, TKey, TValue>(name, keys, values)
{
    /// <summary>What Kafka Streams knows the format by.</summary>
    private static readonly Headers Version = new([new Header("v", [3])]);

    private protected override TimeOrderedBuffer<TKey, WaitingUpdate<TValue>> Build(
        ISerde<TKey> keys, ISerde<TValue> values) =>
        new(
            Name, keys, new WaitingUpdateSerde<TValue>(values), Version, WaitingUpdateSerde<TValue>.FrameOf,
            WaitingUpdateSerde<TValue>.TimeOf, OldValues<TValue>.Changes);

    private protected override StoreShape Shape => new() { Kind = "updates of a table that wait" };
}
