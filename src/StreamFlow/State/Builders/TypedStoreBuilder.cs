using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Describes a store of keys and values.</summary>
/// <typeparam name="TStore">What a processor gets.</typeparam>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public abstract class TypedStoreBuilder<TStore, TKey, TValue> : StoreBuilder<TStore>
    where TStore : class
{
    private readonly SerdeSource<TKey> _keys;
    private readonly SerdeSource<TValue> _values;

    private protected TypedStoreBuilder(string name, SerdeSource<TKey>? keys, SerdeSource<TValue>? values)
        : base(name) =>
        (_keys, _values) = (keys ?? SerdeSource<TKey>.Registered, values ?? SerdeSource<TValue>.Registered);

    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the values.</summary>
    /// <value>Default: the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <inheritdoc/>
    protected sealed override TStore Build(StoreSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        return Build(setup.Keys(Keys), setup.Values(Values));
    }

    internal sealed override StoreShape Describe(StoreSetup setup) =>
        Shape with { Key = setup.KeyFormat(Keys), Value = setup.ValueFormat(Values) };

    internal sealed override StoreContents Contents => new(Kind, typeof(TKey), typeof(TValue));

    private static StoreKind Kind => typeof(TStore) switch
    {
        var type when type.IsAssignableTo(typeof(IReadOnlyKeyValueStore<TKey, TValue>)) => StoreKind.KeyValue,
        var type when type.IsAssignableTo(typeof(IReadOnlyWindowStore<TKey, TValue>)) => StoreKind.Window,
        var type when type.IsAssignableTo(typeof(IReadOnlySessionStore<TKey, TValue>)) => StoreKind.Session,
        var type when type.IsAssignableTo(typeof(IReadOnlyVersionedKeyValueStore<TKey, TValue>)) => StoreKind.Versioned,
        var type when type.IsAssignableTo(typeof(IReadOnlyListStore<TKey, TValue>)) => StoreKind.List,
        _ => StoreKind.Other,
    };

    /// <summary>What the store will hold, but for the formats of keys and values.</summary>
    private protected abstract StoreShape Shape { get; }

    private SerdeSource<TKey> Keys => _keys.Or(KeySerde);

    private SerdeSource<TValue> Values => _values.Or(ValueSerde);

    private protected abstract TStore Build(ISerde<TKey> keys, ISerde<TValue> values);
}
