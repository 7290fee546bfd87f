using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>The serdes of a join by foreign key; found when the topology is built.</summary>
/// <param name="keys">Those of the left table's keys.</param>
/// <param name="values">Those of its values.</param>
/// <param name="otherKeys">Those of the other table's keys.</param>
/// <param name="otherValues">Those of its values.</param>
internal sealed class ForeignKeySerdes<TKey, TValue, TOtherKey, TOther>(
    SerdeSource<TKey> keys, SerdeSource<TValue> values, SerdeSource<TOtherKey> otherKeys, SerdeSource<TOther> otherValues)
{
    private ISerde<TOtherKey>? _foreignKeys;
    private ISerde<TValue>? _values;

    public SerdeSource<TKey> Keys => keys;

    public SerdeSource<TOtherKey> OtherKeys => otherKeys;

    public SerdeSource<Subscription<TKey>> Subscriptions { get; } =
        SerdeSource<Subscription<TKey>>.From((registry, where) => new SubscriptionSerde<TKey>(keys.Resolve(registry, where)));

    public SerdeSource<SubscriptionResponse<TOther>> Responses { get; } = SerdeSource<SubscriptionResponse<TOther>>.From(
        (registry, where) => new SubscriptionResponseSerde<TOther>(otherValues.Resolve(registry, where)));

    public SerdeSource<SubscriptionKey<TOtherKey, TKey>> StoreKeys { get; } = SerdeSource<SubscriptionKey<TOtherKey, TKey>>.From(
        (registry, where) => new SubscriptionKeySerde<TOtherKey, TKey>(
            otherKeys.Resolve(registry, where), keys.Resolve(registry, where)));

    /// <summary>Finds the serdes that operators use themselves.</summary>
    public void Bind(SerdeRegistry registry, string node)
    {
        _foreignKeys = otherKeys.Resolve(registry, $"the foreign keys of {node}");
        _values = values.Resolve(registry, $"the values hashed by {node}");
    }

    /// <summary>Serde of foreign keys, to compare them.</summary>
    public ISerde<TOtherKey> ForeignKeysOf(string topic) =>
        _foreignKeys!.For(new SerdeContext(topic + "-fk", isKey: true, default(RecordHeaders)));

    /// <summary>What hashes the left table's values.</summary>
    public ValueHasher<TValue> HasherOf(string topic) =>
        new(_values!.For(new SerdeContext(topic + "-vh", isKey: false, default(RecordHeaders))));
}

/// <summary>Hashes values by their bytes.</summary>
internal sealed class ValueHasher<TValue>(ISerde<TValue> serde)
{
    private readonly PooledBuffer _bytes = new();

    public ValueHash Hash(TValue value)
    {
        _bytes.Clear();
        serde.Serialize(value, _bytes);
        var hash = ValueHash.Of(_bytes.Written);
        _bytes.Trim();
        return hash;
    }
}
