using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes the buffer of records that wait for the rows of their time.</summary>
internal sealed class GraceBufferBuilder<TKey, TValue>(string name, SerdeSource<TKey> keys, SerdeSource<TValue> values)
    : TypedStoreBuilder<GraceBuffer<TKey, TValue>, TKey, TValue>(name, keys, values)
{
    private protected override GraceBuffer<TKey, TValue> Build(ISerde<TKey> keys, ISerde<TValue> values) => new(Name, keys, values);

    private protected override StoreShape Shape => new() { Kind = "records that wait for rows" };
}
