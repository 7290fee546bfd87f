using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StreamFlow.Serialization;

/// <summary>
/// Values as JSON in UTF-8, by System.Text.Json. Writing allocates nothing beyond what the type's converters do.
/// </summary>
/// <remarks>
/// A member that the JSON does not have gets its type's default, silently, unless it is <see langword="required"/>; and to
/// generated metadata and options of your own <c>orderId</c> is not <c>OrderId</c>, unless they say so
/// (<c>[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]</c>, or <c>JsonSerializerDefaults.Web</c>, which also
/// writes in camel case).
/// </remarks>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class JsonSerde<T> : ISerde<T>
{
    // One writer per thread, lent out while in use: a converter may itself use this serde.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    [ThreadStatic]
    private static JsonSerde<T>? _writerOwner;

    private readonly JsonTypeInfo<T> _type;
    private readonly JsonWriterOptions _options;

    /// <summary>Creates a serde from generated metadata; safe for trimming and native compilation.</summary>
    /// <param name="type">Metadata of the type, as <c>MyJsonContext.Default.Order</c>.</param>
    /// <exception cref="ArgumentException">The type is a tuple, and its members would be left out.</exception>
    public JsonSerde(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (type.Kind == JsonTypeInfoKind.Object && type.Properties.Count == 0 && typeof(ITuple).IsAssignableFrom(typeof(T)))
        {
            // Members of a tuple are fields, which are left out by default: all values would be {}, all keys one.
            throw new ArgumentException(
                $"JSON of {typeof(T).Name} would be {{}}, without its members, which are fields. Take a record, or options with "
                + "IncludeFields = true.",
                nameof(type));
        }

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
    /// Options of the serializer; they cannot be changed afterwards. <see langword="null"/>: names are written as the type has
    /// them, and read in any case; numbers are read from text too.
    /// </param>
    [RequiresUnreferencedCode("Reads the type's members by reflection; take the constructor with JsonTypeInfo when trimming.")]
    [RequiresDynamicCode("May generate code at run time; take the constructor with JsonTypeInfo for native compilation.")]
    public JsonSerde(JsonSerializerOptions? options = null)
        : this(TypeInfo(options ?? JsonDefaults.Options))
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

        try
        {
            JsonSerializer.Serialize(json, value, _type);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidOperationException(
                $"A {typeof(T).Name} cannot be written as JSON: {Sentences.End(e.Message)} Mend the member or converter that fails.", e);
        }

        // Not reached after an exception: a writer left in the middle of a value is not used again.
        _writer = json;
        _writerOwner = this;
    }

    /// <inheritdoc/>
    /// <exception cref="FormatException">The bytes are not JSON of this type, or a converter or constructor of it failed.</exception>
    public T Deserialize(ReadOnlySpan<byte> data)
    {
        T? value;
        try
        {
            value = JsonSerializer.Deserialize(data, _type);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FormatException(JsonTrouble.Text<T>(data, e), e);
        }

        return value
            ?? throw new FormatException($"JSON null is not a {typeof(T).Name}; a record without a value has no bytes at all.");
    }

    /// <summary>
    /// Why no JSON at all can become this type, as of an interface: what it cannot be without is tried. Null when some can.
    /// </summary>
    internal string? WhyNeverRead() => JsonTrouble.WhyNeverRead(_type);

    /// <summary>Names and types of the members, <c>name:type</c>, in ordinal order; none of a type that is no object.</summary>
    internal IReadOnlyList<string> Members() =>
        _type.Kind == JsonTypeInfoKind.Object
            ? [.. _type.Properties.Select(p => $"{p.Name}:{p.PropertyType}").Order(StringComparer.Ordinal)]
            : [$"{_type.Kind}:{typeof(T)}"];

    [RequiresUnreferencedCode("Reads the type's members by reflection.")]
    [RequiresDynamicCode("May generate code at run time.")]
    private static JsonTypeInfo<T> TypeInfo(JsonSerializerOptions options)
    {
        // As JsonSerializer does at the first use: options without a resolver get the reflecting one, and are fixed.
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }
}
