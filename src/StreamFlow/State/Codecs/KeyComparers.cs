using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Which keys are the same: those with the same bytes, as in the store below and in Kafka. Where it is known that equal keys
/// and equal bytes are the same, the comparison is typed. Any other key is compared by its bytes: the type's own equality
/// may see less than its serde writes (a record with an array in it, 1.0m and 1.00m, a class without Equals), and more (text
/// that its serde writes in lower case).
/// </summary>
internal static class KeyComparers
{
    /// <summary>Whether keys that a serde writes can be compared as they are, by the comparer for their type.</summary>
    public static bool IsComparable<TKey>(ISerde<TKey> serde) =>
        (object)serde is StringSerde or BytesSerde or Int64Serde or Int32Serde or Int16Serde or GuidSerde or BooleanSerde;

    /// <summary>Whether it is known that all keys that a serde writes have the same number of bytes.</summary>
    public static bool HaveOneLength<TKey>(ISerde<TKey> serde) =>
        (object)serde is Int64Serde or Int32Serde or Int16Serde or GuidSerde or BooleanSerde;

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

    /// <summary>Text that <see cref="StringSerde"/> writes as the same bytes, where unpaired surrogates become <c>?</c>.</summary>
    private sealed class TextComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) =>
            string.Equals(x, y, StringComparison.Ordinal)
            || (x is not null && y is not null && x.Length == y.Length && (HasSurrogates(x) || HasSurrogates(y))
                && string.Equals(Written(x), Written(y), StringComparison.Ordinal));

        public int GetHashCode([DisallowNull] string obj) =>
            KeyHash.Of(MemoryMarshal.AsBytes((HasSurrogates(obj) ? Written(obj) : obj).AsSpan()));

        // By hand: keys are short, and the library's search boxes until it is compiled a second time.
        private static bool HasSurrogates(string text)
        {
            foreach (var c in text)
            {
                if (char.IsSurrogate(c))
                {
                    return true;
                }
            }

            return false;
        }

        private static string Written(string text) => string.Create(text.Length, text, static (written, source) =>
        {
            source.CopyTo(written);
            for (var i = 0; i < written.Length; i++)
            {
                if (i + 1 < written.Length && char.IsSurrogatePair(written[i], written[i + 1]))
                {
                    i++;
                }
                else if (char.IsSurrogate(written[i]))
                {
                    written[i] = '?';
                }
            }
        });
    }

    private sealed class ByteArrayComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => KeyHash.Of(obj);
    }
}
