using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamFlow.Broker.Storage;

/// <summary>What changes in <see cref="StoreMetadata"/>: a line of the file of changes.</summary>
internal sealed record MetadataChange
{
    private const int ChecksumDigits = 8;

    /// <summary>Topics that came, or are other than they were.</summary>
    public IReadOnlyList<TopicMetadata> Topics { get; init; } = [];

    /// <summary>Topics that are gone; their directories may still be there.</summary>
    public IReadOnlyList<Guid> Deleted { get; init; } = [];

    /// <summary>Producer ids from here on were never handed out.</summary>
    public long? NextProducerId { get; init; }

    /// <summary>The change as a line: the checksum of what follows it, and JSON.</summary>
    public byte[] ToLine()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, ChangesJson.Default.MetadataChange);
        string checksum = Crc32C.Compute(json).ToString("x8", CultureInfo.InvariantCulture);
        return [.. Encoding.ASCII.GetBytes(checksum), (byte)' ', .. json, (byte)'\n'];
    }

    /// <summary>The change that a line, without its end, says; null when it is cut off or damaged.</summary>
    public static MetadataChange? OfLine(ReadOnlySpan<byte> line)
    {
        if (line.Length <= ChecksumDigits + 1 || line[ChecksumDigits] != (byte)' '
            || !uint.TryParse(line[..ChecksumDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum)
            || checksum != Crc32C.Compute(line[(ChecksumDigits + 1)..]))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line[(ChecksumDigits + 1)..], ChangesJson.Default.MetadataChange);
        }
        catch (JsonException)
        {
            // Its checksum is right, so it was written so: by something else than this.
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetadataChange))]
internal sealed partial class ChangesJson : JsonSerializerContext;
