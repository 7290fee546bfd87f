namespace StreamFlow.Dsl;

/// <summary>
/// A function over a value type that is not nullable cannot be told of a missing key or value: <c>default(T)</c> would be
/// a lie (0 is not "no amount"). For all other types nothing is in the way: the function gets <see langword="null"/>.
/// Constant per type, so the compiler drops the tests where they cannot fail.
/// </summary>
internal static class MissingParts
{
    public static bool HideKey<TKey, TValue>(in Record<TKey, TValue> record) =>
        default(TKey) is not null && !record.HasKey;

    public static bool HideValue<TKey, TValue>(in Record<TKey, TValue> record) =>
        default(TValue) is not null && !record.HasValue;

    /// <summary>Where an operator cannot go on without its function's answer about the key.</summary>
    /// <exception cref="InvalidOperationException">The function cannot be told that the key is missing.</exception>
    public static void RequireKey<TKey, TValue>(in Record<TKey, TValue> record)
    {
        if (HideKey(in record))
        {
            throw Hidden("key", typeof(TKey), nameof(record.HasKey));
        }
    }

    /// <summary>Where an operator cannot go on without its function's answer about the value.</summary>
    /// <exception cref="InvalidOperationException">The function cannot be told that the value is missing.</exception>
    public static void RequireValue<TKey, TValue>(in Record<TKey, TValue> record)
    {
        if (HideValue(in record))
        {
            throw Hidden("value", typeof(TValue), nameof(record.HasValue));
        }
    }

    private static InvalidOperationException Hidden(string part, Type type, string property) =>
        new($"The record has no {part}, and a function of key and value cannot be told so, because its {part} is of the "
            + $"value type {type.Name}. Write the function of the record as a whole where the operator has one, "
            + $"record => ..., and ask {property}; or make the type {type.Name}?, so that it is null.");
}
