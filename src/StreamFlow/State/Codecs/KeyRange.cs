namespace StreamFlow.State;

/// <summary>
/// The keys between two, both included, or those on one side of a key. The order of their serialized bytes decides whether a
/// key is between them. Made by <see cref="KeyRange"/>; the default is all keys.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
public readonly record struct KeyRange<TKey>
{
    internal KeyRange(TKey? first, bool hasFirst, TKey? last, bool hasLast) =>
        (First, HasFirst, Last, HasLast) = (first, hasFirst, last, hasLast);

    /// <summary>The first key, if the range begins with one.</summary>
    public TKey? First { get; }

    /// <summary>Whether the range begins with a key; else with the lowest there is.</summary>
    public bool HasFirst { get; }

    /// <summary>The last key, if the range ends with one.</summary>
    public TKey? Last { get; }

    /// <summary>Whether the range ends with a key; else with the highest there is.</summary>
    public bool HasLast { get; }
}

/// <summary>Makes ranges of keys.</summary>
public static class KeyRange
{
    /// <summary>The keys between two, both included.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <param name="first">First key; <see langword="null"/> for the lowest, where the type has it.</param>
    /// <param name="last">Last key; <see langword="null"/> for the highest, where the type has it.</param>
    /// <returns>The range; empty if the last key comes before the first.</returns>
    public static KeyRange<TKey> Between<TKey>(TKey? first, TKey? last) =>
        new(first, !Missing.Is(first), last, !Missing.Is(last));

    /// <summary>The keys from one on, itself included.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <param name="first">First key.</param>
    /// <returns>The range.</returns>
    public static KeyRange<TKey> From<TKey>(TKey first) => new(first, hasFirst: true, default, hasLast: false);

    /// <summary>The keys up to one, itself included.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <param name="last">Last key.</param>
    /// <returns>The range.</returns>
    public static KeyRange<TKey> To<TKey>(TKey last) => new(default, hasFirst: false, last, hasLast: true);

    /// <summary>All keys.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <returns>The range.</returns>
    public static KeyRange<TKey> All<TKey>() => default;
}
