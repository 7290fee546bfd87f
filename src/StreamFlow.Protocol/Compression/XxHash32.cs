using System.Buffers.Binary;
using System.Numerics;

namespace StreamFlow.Protocol.Compression;

/// <summary>The checksum of lz4 frames: xxHash with 32 bits and seed 0.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 2654435761;
    private const uint Prime2 = 2246822519;
    private const uint Prime3 = 3266489917;
    private const uint Prime4 = 668265263;
    private const uint Prime5 = 374761393;
    private const int Stripe = 16;

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var length = (uint)bytes.Length;
        var hash = bytes.Length >= Stripe ? Stripes(ref bytes) : Prime5;
        hash += length;
        while (bytes.Length >= sizeof(uint))
        {
            hash += BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime3;
            hash = BitOperations.RotateLeft(hash, 17) * Prime4;
            bytes = bytes[sizeof(uint)..];
        }

        foreach (var value in bytes)
        {
            hash += value * Prime5;
            hash = BitOperations.RotateLeft(hash, 11) * Prime1;
        }

        hash = (hash ^ (hash >> 15)) * Prime2;
        hash = (hash ^ (hash >> 13)) * Prime3;
        return hash ^ (hash >> 16);
    }

    private static uint Stripes(ref ReadOnlySpan<byte> bytes)
    {
        var (a, b, c, d) = (unchecked(Prime1 + Prime2), Prime2, 0u, unchecked(0u - Prime1));
        while (bytes.Length >= Stripe)
        {
            a = Round(a, bytes);
            b = Round(b, bytes[4..]);
            c = Round(c, bytes[8..]);
            d = Round(d, bytes[12..]);
            bytes = bytes[Stripe..];
        }

        return BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7)
            + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
    }

    private static uint Round(uint sum, ReadOnlySpan<byte> bytes) =>
        BitOperations.RotateLeft(sum + (BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime2), 13) * Prime1;
}
