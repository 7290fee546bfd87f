using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace StreamFlow.State;

/// <summary>
/// Which keys are the same: those with the same bytes, as in the store below and in Kafka. For types whose equality is
/// that of their bytes the comparison is typed. Any other is compared by its bytes, because its own equality may see
/// less than its serde writes (a record with an array in it, 1.0m and 1.00m, a class without Equals).
/// </summary>
internal static class KeyComparers
{
    /// <summary>Whether keys of a type can be compared as they are.</summary>
    public static bool IsComparable<TKey>() =>
        typeof(TKey) == typeof(byte[]) || typeof(TKey) == typeof(string) || IsPlain(typeof(TKey));

    /// <returns>The comparer; null for value types whose default comparer serves, which the JIT inlines, and for keys that
    /// are not compared as they are.</returns>
    public static IEqualityComparer<TKey>? For<TKey>()
    {
        if (typeof(TKey) == typeof(byte[]))
        {
            return (IEqualityComparer<TKey>)(object)new ByteArrayComparer();
        }

        return typeof(TKey) == typeof(string) ? (IEqualityComparer<TKey>)(object)new TextComparer() : null;
    }

    private static bool IsPlain(Type type) =>
        type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(byte)
        || type == typeof(ulong) || type == typeof(uint) || type == typeof(ushort) || type == typeof(sbyte)
        || type == typeof(char) || type == typeof(bool) || type == typeof(Guid) || type.IsEnum;

    private sealed class TextComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) =>
            string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode([DisallowNull] string obj) => KeyHash.Of(MemoryMarshal.AsBytes(obj.AsSpan()));
    }

    private sealed class ByteArrayComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => KeyHash.Of(obj);
    }
}
