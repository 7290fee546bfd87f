using System.Buffers.Binary;
using System.Numerics;

namespace StreamFlow.Protocol;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches; hardware instructions where there are any.</summary>
internal static class Crc32C
{
    /// <summary>What <see cref="Append"/> starts from.</summary>
    public const uint Start = uint.MaxValue;

    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Append(Start, bytes);

    /// <summary>Takes more bytes into a running sum; the checksum is its complement.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }
}
