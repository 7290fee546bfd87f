using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StreamFlow.Serialization;

/// <summary>What is said of JSON that cannot be read.</summary>
internal static class JsonTrouble
{
    private const int ExcerptLength = 60;

    /// <summary>The type, the reason and how the bytes begin; a mark that nobody sees is named.</summary>
    public static string Text<T>(ReadOnlySpan<byte> data, Exception cause)
    {
        var name = typeof(T).Name;
        var why = data switch
        {
            [0xEF, 0xBB, 0xBF, ..] =>
                "the bytes begin with a byte-order mark (EF BB BF), which JSON must not have. Let the producer write UTF-8 without it.",
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] =>
                "the bytes begin with a byte-order mark of UTF-16. Let the producer write UTF-8.",
            [] => "there are no bytes. A record without a value has a null value, not an empty one.",
            _ => Sentences.End(cause.Message),
        };
        return cause is JsonException
            ? $"Not JSON of {name}: {why} The bytes begin: {Excerpt(data)}"
            : $"JSON cannot be read as {name}: {why} Mend its constructor or converter, or the producer. The bytes begin: {Excerpt(data)}";
    }

    /// <summary>Why no JSON at all can become this type; null when some can, or only trying would tell.</summary>
    public static string? WhyNeverRead(JsonTypeInfo type)
    {
        var smallest = type.Kind switch
        {
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "{}",
            JsonTypeInfoKind.Enumerable => "[]",
            _ => null,
        };
        if (smallest is null)
        {
            return null;
        }

        try
        {
            JsonSerializer.Deserialize(smallest, type);
            return null;
        }
        catch (NotSupportedException exception)
        {
            return exception.Message;
        }
        catch (Exception)
        {
            // It wants members, or its constructor wants values: some JSON has them.
            return null;
        }
    }

    private static string Excerpt(ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetString(data[..Math.Min(data.Length, ExcerptLength)]);
        return data.Length > ExcerptLength ? text + "..." : text;
    }
}
