using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace StreamFlow.Samples;

/// <summary>A record as the independent consumer has read it.</summary>
/// <param name="Result">The record.</param>
public readonly record struct SeenRecord(ConsumeResult<byte[]?, byte[]?> Result)
{
    /// <summary>The key as text; empty when there is none.</summary>
    public string Key => Result.Message.Key is { } key ? Encoding.UTF8.GetString(key) : string.Empty;

    /// <summary>The bytes of the key; empty when there is none.</summary>
    public ReadOnlySpan<byte> KeyBytes => Result.Message.Key;

    /// <summary>A windowed key: the key as text, and the window's start.</summary>
    public (string Key, DateTimeOffset WindowStart) WindowedKey
    {
        get
        {
            // The key's own bytes and the window's start in milliseconds, 8 bytes, big-endian.
            var bytes = KeyBytes;
            var start = BinaryPrimitives.ReadInt64BigEndian(bytes[^8..]);
            return (Encoding.UTF8.GetString(bytes[..^8]), DateTimeOffset.FromUnixTimeMilliseconds(start));
        }
    }

    /// <summary>The value as the serde of <see cref="long"/> writes it: 8 bytes, big-endian.</summary>
    public long WholeNumber => BinaryPrimitives.ReadInt64BigEndian(Result.Message.Value ?? throw Missing());

    /// <summary>Whether the record has no value: a deletion.</summary>
    public bool IsDeletion => Result.Message.Value is null;

    /// <summary>The record's time.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(Result.Message.Timestamp.UnixTimestampMs);

    /// <summary>The value, read from JSON.</summary>
    /// <exception cref="JsonException">The value is no JSON of this type.</exception>
    public T Value<T>() => JsonSerializer.Deserialize<T>(Result.Message.Value ?? throw Missing(), SampleJson.Options) ?? throw Missing();

    private JsonException Missing() => new($"The record {Result.TopicPartitionOffset} has no value.");
}
