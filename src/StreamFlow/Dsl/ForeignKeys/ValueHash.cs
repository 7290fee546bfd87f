using System.Buffers.Binary;
using System.Numerics;

namespace StreamFlow.Dsl;

/// <summary>
/// Hash of a row's value: the 128 bits of MurmurHash3 for x64 with the seed that Kafka Streams uses. An answer carries it, so that one
/// which comes too late for the row is recognised.
/// </summary>
internal readonly record struct ValueHash(ulong High, ulong Low)
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = 16;

    private const ulong Seed = 104729;
    private const ulong C1 = 0x87c37b91114253d5;
    private const ulong C2 = 0x4cf5ad432745937f;

    public static ValueHash Of(ReadOnlySpan<byte> data)
    {
        var (h1, h2, length) = (Seed, Seed, (ulong)data.Length);
        for (; data.Length >= Length; data = data[Length..])
        {
            h1 ^= Mix1(BinaryPrimitives.ReadUInt64LittleEndian(data));
            h1 = ((BitOperations.RotateLeft(h1, 27) + h2) * 5) + 0x52dce729;
            h2 ^= Mix2(BinaryPrimitives.ReadUInt64LittleEndian(data[sizeof(ulong)..]));
            h2 = ((BitOperations.RotateLeft(h2, 31) + h1) * 5) + 0x38495ab5;
        }

        Span<byte> tail = stackalloc byte[Length];
        tail.Clear();
        data.CopyTo(tail);
        h2 ^= Mix2(BinaryPrimitives.ReadUInt64LittleEndian(tail[sizeof(ulong)..]));
        h1 ^= Mix1(BinaryPrimitives.ReadUInt64LittleEndian(tail));
        h1 ^= length;
        h2 ^= length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1);
        h2 = Finish(h2);
        h1 += h2;
        return new ValueHash(h1, h2 + h1);
    }

    public static ValueHash Read(ReadOnlySpan<byte> data) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(data), BinaryPrimitives.ReadUInt64BigEndian(data[sizeof(ulong)..]));

    public void Write(Span<byte> data)
    {
        BinaryPrimitives.WriteUInt64BigEndian(data, High);
        BinaryPrimitives.WriteUInt64BigEndian(data[sizeof(ulong)..], Low);
    }

    private static ulong Mix1(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;

    private static ulong Mix2(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

    private static ulong Finish(ulong h)
    {
        h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
        h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
        return h ^ (h >> 33);
    }
}
