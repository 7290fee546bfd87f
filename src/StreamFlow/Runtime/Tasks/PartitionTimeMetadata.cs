using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Runtime;

/// <summary>
/// The text committed beside an offset: the partition's time, so that it survives a restart. Format 1 of Kafka Streams'
/// TopicPartitionMetadata: Base64 of one byte 1 and the timestamp, big-endian; behind it a <see cref="PositionNote"/>, which
/// Kafka Streams does not look at.
/// </summary>
internal static class PartitionTimeMetadata
{
    private const byte Version = 1;
    private const int Bytes = 9;

    /// <summary>Characters of the time; it fills them, so that what comes behind is Base64 of its own.</summary>
    private const int Characters = 12;

    /// <param name="partitionTime">The partition's time.</param>
    /// <param name="note">What comes behind it, as Base64.</param>
    public static string Encode(long partitionTime, string note = "")
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], partitionTime);
        Span<char> characters = stackalloc char[Characters];
        Convert.TryToBase64Chars(bytes, characters, out _);
        return string.Concat(characters, note);
    }

    /// <summary>The time, or -1 when there is no metadata or it is somebody else's.</summary>
    public static long Decode(string? metadata) => TryDecode(metadata, out var time) ? time : -1;

    /// <summary>What is behind the time; empty where there is nothing, or somebody else's.</summary>
    public static ReadOnlySpan<char> NoteOf(string? metadata) =>
        TryDecode(metadata, out _) ? metadata.AsSpan(Characters) : default;

    private static bool TryDecode([NotNullWhen(true)] string? metadata, out long time)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        var isTime = metadata is { Length: >= Characters }
            && Convert.TryFromBase64Chars(metadata.AsSpan(0, Characters), bytes, out var length)
            && length == Bytes
            && bytes[0] is 1 or 2;
        time = isTime ? BinaryPrimitives.ReadInt64BigEndian(bytes[1..]) : -1;
        return isTime;
    }
}
