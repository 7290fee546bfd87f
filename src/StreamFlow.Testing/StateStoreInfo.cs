namespace StreamFlow.Testing;

/// <summary>A state store of a topology, as a <see cref="TopologyTestDriver"/> lists it.</summary>
/// <param name="Name">Name of the store.</param>
/// <param name="Kind">What is kept, hence how it is read.</param>
/// <param name="KeyType">Type of the record keys; of a store of one's own, its class.</param>
/// <param name="ValueType">Type of the values; of a store of one's own, its class.</param>
public sealed record StateStoreInfo(string Name, StateStoreKind Kind, Type KeyType, Type ValueType)
{
    /// <summary>The method of the driver that reads the store, as text.</summary>
    internal string Getter => Kind == StateStoreKind.Custom
        ? $"GetStateStore<{KeyType.Name}>(\"{Name}\")"
        : $"Get{Kind}Store<{KeyType.Name}, {ValueType.Name}>(\"{Name}\")";

    /// <summary>The store as text, <c>counts: Window store of String, Int64</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Kind == StateStoreKind.Custom
        ? $"{Name}: store of class {KeyType.Name}"
        : $"{Name}: {Kind} store of {KeyType.Name}, {ValueType.Name}";
}

/// <summary>What a state store keeps.</summary>
public enum StateStoreKind
{
    /// <summary>A value for each key; <see cref="TopologyTestDriver.GetKeyValueStore"/> reads it.</summary>
    KeyValue,

    /// <summary>A value for each key and window; <see cref="TopologyTestDriver.GetWindowStore"/> reads it.</summary>
    Window,

    /// <summary>A value for each key and session; <see cref="TopologyTestDriver.GetSessionStore"/> reads it.</summary>
    Session,

    /// <summary>Values in the order in which they were added, for each key; <see cref="TopologyTestDriver.GetListStore"/> reads it.</summary>
    List,

    /// <summary>What a store of one's own keeps; <see cref="TopologyTestDriver.GetStateStore"/> reads it.</summary>
    Custom,
}
