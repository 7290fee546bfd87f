using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamFlow.State;

/// <summary>
/// Hash of key bytes for tables in memory: eight bytes a step, the multiply-and-fold of wyhash. The seed differs from
/// process to process, so that keys sent from outside cannot be chosen to collide.
/// </summary>
internal static class KeyHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;
    private static readonly ulong Seed = ((ulong)HashCode.Combine(1) << 32) | (uint)HashCode.Combine(2);

    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ (uint)bytes.Length;
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var at = 0;
        for (; at + sizeof(ulong) <= bytes.Length; at += sizeof(ulong))
        {
            hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at)));
        }

        var tail = 0UL;
        for (var shift = 0; at < bytes.Length; at++, shift += 8)
        {
            tail |= (ulong)bytes[at] << shift;
        }

        hash = Fold(hash ^ tail ^ Seed);
        return (int)(hash ^ (hash >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Multiplier, out var low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }
}
