using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamFlow.Dashboard;

/// <summary>Makes keys and values of all kinds into something that can be shown, at most 4 KiB of each.</summary>
internal static class Texts
{
    /// <summary>Bytes of UTF-8 that have all that is shown of a text, and a little more.</summary>
    public const int BytesNeeded = 4 * Limit;
    private const int Limit = 4096;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new HexConverter() },
        ReferenceHandler = ReferenceHandler.IgnoreCycles,
        MaxDepth = 32,
    };

    /// <summary>Bytes of a record, whose type nobody has told; null where there are none.</summary>
    /// <param name="bytes">The bytes, or the first of them.</param>
    /// <param name="size">How many there were; null where all are given.</param>
    public static TextModel OfBytes(byte[]? bytes, int? size = null)
    {
        if (bytes is null)
        {
            return new TextModel(null, null, null, null, false, null);
        }

        var whole = size ?? bytes.Length;
        var hex = Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, Limit)));
        if (TryText(bytes, out var text))
        {
            var (shown, isCut) = Cut(text);
            return new TextModel(shown, IsJson(bytes) ? shown : null, hex, whole, isCut || whole > bytes.Length, "text");
        }

        // What numbers are written as: a guess that helps, and the bytes are beside it.
        var number = bytes.Length switch
        {
            4 => BinaryPrimitives.ReadInt32BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
            8 => BinaryPrimitives.ReadInt64BigEndian(bytes).ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
        return new TextModel(number, null, hex, whole, whole > Limit, number is null ? "bytes" : bytes.Length == 4 ? "int?" : "long?");
    }

    /// <summary>The first bytes, as far as they are shown; no character of UTF-8 is cut in two.</summary>
    public static byte[]? FirstOf(byte[]? bytes)
    {
        if (bytes is null || bytes.Length <= BytesNeeded)
        {
            return bytes;
        }

        var end = BytesNeeded;
        while (end > BytesNeeded - 4 && (bytes[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return bytes[..end];
    }

    /// <summary>A key or value of a store.</summary>
    public static TextModel OfValue(object? value)
    {
        switch (value)
        {
            case null:
                return new TextModel(null, null, null, null, false, null);
            case byte[] bytes:
                return OfBytes(bytes) with { Type = "byte[]" };
            case string text:
                var (shown, isCut) = Cut(text);
                return new TextModel(shown, null, null, Encoding.UTF8.GetByteCount(text), isCut, nameof(String));
            case IFormattable plain when value.GetType().IsPrimitive || value is decimal or Guid or DateTime or DateTimeOffset or TimeSpan or Enum:
                return new TextModel(plain.ToString(PlainFormat(value), CultureInfo.InvariantCulture), null, null, null, false, TypeNames.Of(value.GetType()));
            default:
                return OfObject(value);
        }
    }

    /// <summary>A header's value.</summary>
    public static HeaderModel OfHeader(Header header)
    {
        var text = OfBytes(header.Value);
        return new HeaderModel(header.Key, text.Type == "text" ? text.Text : null, text.Hex);
    }

    private static string? PlainFormat(object value) => value is DateTime or DateTimeOffset ? "O" : null;

    private static TextModel OfObject(object value)
    {
        string? json = null;
        try
        {
            json = JsonSerializer.Serialize(value, value.GetType(), Json);
        }
#pragma warning disable CA1031 // The user's own type: getters may throw anything, and the page shows what it can.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Shown by ToString() then.
        }

        // A type that says nothing of itself in JSON may do so in text.
        if (json is null || (json is "{}" or "[]" && value is not IEnumerable))
        {
            json = null;
        }

        var (text, isCut) = Cut(json ?? SafeText(value));
        return new TextModel(text, json is null || isCut ? null : json, null, json is null ? null : Encoding.UTF8.GetByteCount(json), isCut, TypeNames.Of(value.GetType()));
    }

    private static string SafeText(object value)
    {
        try
        {
            return value.ToString() ?? string.Empty;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"({TypeNames.Of(value.GetType())}.ToString() has thrown: {exception.Message})";
        }
    }

    private static (string Text, bool IsCut) Cut(string text)
    {
        if (text.Length <= Limit)
        {
            return (text, false);
        }

        return (text[..(char.IsHighSurrogate(text[Limit - 1]) ? Limit - 1 : Limit)], true);
    }

    private static bool TryText(byte[] bytes, out string text)
    {
        try
        {
            text = Strict.GetString(bytes);
            return !text.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n'));
        }
        catch (DecoderFallbackException)
        {
            text = string.Empty;
            return false;
        }
    }

    private static bool IsJson(byte[] bytes)
    {
        if (bytes.Length is 0 or > Limit || bytes[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed class HexConverter : JsonConverter<byte[]>
    {
        public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Convert.FromHexString(reader.GetString() ?? string.Empty);

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Convert.ToHexStringLower(value));
    }
}
