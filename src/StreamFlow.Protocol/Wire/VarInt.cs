namespace StreamFlow.Protocol;

/// <summary>Zig-zag variable-length integers as used inside records.</summary>
internal static class VarInt
{
    private const int MaxLongBytes = 10;

    /// <summary>Reads one number and moves the span behind it; false when it is cut off or too long.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out long value)
    {
        ulong raw = 0;
        value = 0;
        var limit = Math.Min(bytes.Length, MaxLongBytes);
        for (var i = 0; i < limit; i++)
        {
            raw |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    public static bool TryReadInt(ref ReadOnlySpan<byte> bytes, out int value)
    {
        var ok = TryRead(ref bytes, out var number) && number is >= int.MinValue and <= int.MaxValue;
        value = ok ? (int)number : 0;
        return ok;
    }

    public static int Size(long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        var size = 1;
        while (raw >= 0x80)
        {
            raw >>= 7;
            size++;
        }

        return size;
    }

    public static int Write(Span<byte> destination, long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        var at = 0;
        while (raw >= 0x80)
        {
            destination[at++] = (byte)(raw | 0x80);
            raw >>= 7;
        }

        destination[at++] = (byte)raw;
        return at;
    }
}
