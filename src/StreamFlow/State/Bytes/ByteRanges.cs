using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Ends of byte ranges.</summary>
internal static class ByteRanges
{
    /// <summary>Appends the lowest key above all that start with the given bytes; nothing if there is none.</summary>
    public static void WriteEndOfPrefix(ReadOnlySpan<byte> prefix, PooledBuffer buffer)
    {
        var length = prefix.Length;
        while (length > 0 && prefix[length - 1] == byte.MaxValue)
        {
            length--;
        }

        if (length == 0)
        {
            return;
        }

        var span = buffer.GetSpan(length);
        prefix[..length].CopyTo(span);
        span[length - 1]++;
        buffer.Advance(length);
    }

    /// <summary>Makes the key in a buffer the key after it, so that a range up to it includes it.</summary>
    public static void MakeNext(PooledBuffer key)
    {
        // The key after another is that key with a zero byte behind it.
        key.GetSpan(1)[0] = 0;
        key.Advance(1);
    }
}
