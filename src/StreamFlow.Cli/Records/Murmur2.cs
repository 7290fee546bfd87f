namespace StreamFlow.Cli.Records;

/// <summary>Where Java's clients, and StreamFlow, put a key.</summary>
internal static class Murmur2
{
    /// <summary>The partition of a key.</summary>
    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => (int)((Hash(key) & 0x7FFFFFFF) % (uint)partitions);

    /// <summary>The hash of <c>org.apache.kafka.common.utils.Utils.murmur2</c>.</summary>
    public static uint Hash(ReadOnlySpan<byte> bytes)
    {
        const uint Seed = 0x9747b28c;
        const uint M = 0x5bd1e995;
        uint hash = Seed ^ (uint)bytes.Length;
        int whole = bytes.Length & ~3;
        for (int i = 0; i < whole; i += 4)
        {
            uint k = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]) * M;
            hash = (hash * M) ^ ((k ^ (k >> 24)) * M);
        }

        for (int i = bytes.Length - 1; i >= whole; i--)
        {
            hash ^= (uint)bytes[i] << (8 * (i - whole));
        }

        hash = bytes.Length > whole ? hash * M : hash;
        hash = (hash ^ (hash >> 13)) * M;
        return hash ^ (hash >> 15);
    }
}
