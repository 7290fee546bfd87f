using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StreamFlow.Serialization;

/// <summary>
/// Values as JSON in UTF-8, by System.Text.Json. Writing allocates nothing beyond what the type's converters do.
/// </summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class JsonSerde<T> : ISerde<T>
{
    private const int ExcerptLength = 60;

    // One writer per thread, lent out while in use: a converter may itself use this serde.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    [ThreadStatic]
    private static JsonSerde<T>? _writerOwner;

    private readonly JsonTypeInfo<T> _type;
    private readonly JsonWriterOptions _options;

    /// <summary>Creates a serde from generated metadata; safe for trimming and native compilation.</summary>
    /// <param name="type">Metadata of the type, as <c>MyJsonContext.Default.Order</c>.</param>
    public JsonSerde(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        _type = type;
        _options = new JsonWriterOptions
        {
            Encoder = type.Options.Encoder,
            Indented = type.Options.WriteIndented,
            MaxDepth = type.Options.MaxDepth,
            SkipValidation = true,
        };
    }

    /// <summary>Creates a serde that finds the type's metadata by reflection.</summary>
    /// <param name="options">
    /// Options of the serializer, or <see langword="null"/> for its defaults; they cannot be changed afterwards.
    /// </param>
    [RequiresUnreferencedCode("Reads the type's members by reflection; take the constructor with JsonTypeInfo when trimming.")]
    [RequiresDynamicCode("May generate code at run time; take the constructor with JsonTypeInfo for native compilation.")]
    public JsonSerde(JsonSerializerOptions? options = null)
        : this(TypeInfo(options ?? JsonSerializerOptions.Default))
    {
    }

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> writer)
    {
        var json = _writerOwner == this ? _writer : null;
        _writer = null;
        if (json is null)
        {
            json = new Utf8JsonWriter(writer, _options);
        }
        else
        {
            json.Reset(writer);
        }

        JsonSerializer.Serialize(json, value, _type);
        // Not reached after an exception: a writer left in the middle of a value is not used again.
        _writer = json;
        _writerOwner = this;
    }

    /// <inheritdoc/>
    /// <exception cref="FormatException">The bytes are not JSON of this type.</exception>
    public T Deserialize(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, _type)
                ?? throw new FormatException(
                    $"JSON null is not a {typeof(T).Name}; a record without a value has no bytes at all.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"Not JSON of {typeof(T).Name}: {Sentences.End(e.Message)} The bytes begin: {Excerpt(data)}", e);
        }
    }

    [RequiresUnreferencedCode("Reads the type's members by reflection.")]
    [RequiresDynamicCode("May generate code at run time.")]
    private static JsonTypeInfo<T> TypeInfo(JsonSerializerOptions options)
    {
        // As JsonSerializer does at the first use: options without a resolver get the reflecting one, and are fixed.
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    private static string Excerpt(ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetString(data[..Math.Min(data.Length, ExcerptLength)]);
        return data.Length > ExcerptLength ? text + "..." : text;
    }
}
