using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>
/// Kafka's default partitioner: 32-bit murmur2 of the key with seed 0x9747b28c, sign bit cleared, modulo the number of
/// partitions (org.apache.kafka.common.utils.Utils.murmur2, BuiltInPartitioner.partitionForKey).
/// </summary>
[Experimental("SF0001")]
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;

    /// <summary>The partition of a key.</summary>
    /// <param name="key">The key's bytes.</param>
    /// <param name="partitionCount">Number of partitions, at least 1.</param>
    /// <returns>A partition from 0.</returns>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount) =>
        (int)((Hash(key) & 0x7fffffff) % (uint)partitionCount);

    /// <summary>The hash of some bytes.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>The hash, sign bit included.</returns>
    public static uint Hash(ReadOnlySpan<byte> data)
    {
        var hash = Seed ^ (uint)data.Length;
        while (data.Length >= 4)
        {
            var block = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
            block ^= block >> 24;
            hash = (hash * Multiplier) ^ (block * Multiplier);
            data = data[4..];
        }

        switch (data.Length)
        {
            case 3:
                hash = (hash ^ ((uint)data[2] << 16) ^ ((uint)data[1] << 8) ^ data[0]) * Multiplier;
                break;
            case 2:
                hash = (hash ^ ((uint)data[1] << 8) ^ data[0]) * Multiplier;
                break;
            case 1:
                hash = (hash ^ data[0]) * Multiplier;
                break;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
