namespace StreamFlow.State;

/// <summary>How a store is read: which method of <see cref="StoreQueries"/> it answers to.</summary>
public enum StoreKind
{
    /// <summary>By none of them, or one that the store's own maker knows: <see cref="StoreQueries.Views"/>.</summary>
    Other,

    /// <summary><see cref="StoreQueries.KeyValue"/>.</summary>
    KeyValue,

    /// <summary><see cref="StoreQueries.Window"/>.</summary>
    Window,

    /// <summary><see cref="StoreQueries.Session"/>.</summary>
    Session,

    /// <summary><see cref="StoreQueries.Versioned"/>.</summary>
    Versioned,

    /// <summary><see cref="StoreQueries.List"/>.</summary>
    List,
}

/// <summary>How a store is read, and the types of what it holds.</summary>
/// <param name="Kind">How it is read.</param>
/// <param name="Key">Type of the keys of records; null where it is not known.</param>
/// <param name="Value">Type of the values; null where it is not known.</param>
internal sealed record StoreContents(StoreKind Kind, Type? Key, Type? Value);
