using System.Buffers.Binary;

namespace StreamFlow.Runtime;

/// <summary>
/// The text committed beside an offset: the partition's time, so that it survives a restart. Format 1 of Kafka Streams'
/// TopicPartitionMetadata: Base64 of one byte 1 and the timestamp, big-endian.
/// </summary>
internal static class PartitionTimeMetadata
{
    private const byte Version = 1;

    public static string Encode(long partitionTime)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], partitionTime);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>The time, or -1 when there is no metadata or it is somebody else's.</summary>
    public static long Decode(string? metadata)
    {
        Span<byte> bytes = stackalloc byte[64];
        return !string.IsNullOrEmpty(metadata)
            && metadata.Length <= 64
            && Convert.TryFromBase64String(metadata, bytes, out var length)
            && length >= 9
            && bytes[0] is 1 or 2
                ? BinaryPrimitives.ReadInt64BigEndian(bytes[1..])
                : -1;
    }
}
