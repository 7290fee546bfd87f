namespace StreamFlow.Dsl;

/// <summary>
/// A function over a value type that is not nullable cannot be told of a missing key or value: <c>default(T)</c> would be
/// a lie (0 is not "no amount"). Its operator then does without the function. For all other types nothing is in the way:
/// the function gets <see langword="null"/>. Constant per type, so the compiler drops the tests where they cannot fail.
/// </summary>
internal static class MissingParts
{
    public static bool HideKey<TKey, TValue>(in Record<TKey, TValue> record) =>
        default(TKey) is not null && !record.HasKey;

    public static bool HideValue<TKey, TValue>(in Record<TKey, TValue> record) =>
        default(TValue) is not null && !record.HasValue;

    public static bool HideAny<TKey, TValue>(in Record<TKey, TValue> record) => HideKey(in record) || HideValue(in record);

    /// <summary>Why a record is dropped of which <see cref="HideAny"/> is true.</summary>
    public static DropReason Reason<TKey, TValue>(in Record<TKey, TValue> record) =>
        HideKey(in record) ? DropReason.NullKey : DropReason.NullValue;
}
