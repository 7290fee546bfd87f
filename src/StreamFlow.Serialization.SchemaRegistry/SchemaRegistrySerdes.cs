using System.Diagnostics.CodeAnalysis;
using Avro.Specific;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Google.Protobuf;
using NJsonSchema.NewtonsoftJson.Generation;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// Serdes whose schemas are in a schema registry. What they write is what Confluent's serializers write: the byte 0, the
/// schema's id in 4 bytes, the value. One of these serves an application; it is safe for use by several threads, and is to be
/// disposed after the application.
/// </summary>
public sealed class SchemaRegistrySerdes : IDisposable
{
    private readonly SchemaSource _schemas;
    private readonly RuleRegistry _rules;
    private readonly bool _ownsClient;

    /// <summary>Creates serdes with a registry client of their own. Nothing is asked of the registry before the first record.</summary>
    /// <param name="options">Where the registry is, and how it is used.</param>
    /// <exception cref="ArgumentException">Options are missing or contradict each other.</exception>
    public SchemaRegistrySerdes(SchemaRegistryOptions options)
        : this(NewClient(options), options, ownsClient: true)
    {
    }

    /// <summary>Creates serdes over a registry client, which stays the caller's.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">How the registry is used; address and settings are the client's.</param>
    /// <exception cref="ArgumentException">Options contradict each other.</exception>
    public SchemaRegistrySerdes(ISchemaRegistryClient client, SchemaRegistryOptions options)
        : this(client, options, ownsClient: false)
    {
    }

    private SchemaRegistrySerdes(ISchemaRegistryClient client, SchemaRegistryOptions options, bool ownsClient)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _schemas = new SchemaSource(client, options);
        _rules = options.Rules ?? new RuleRegistry();
        _ownsClient = ownsClient;
    }

    /// <summary>
    /// Avro. Records are read into the schema of the type, whichever schema they were written with, as Avro's rules of
    /// evolution allow.
    /// </summary>
    /// <typeparam name="T">
    /// A generated class (<c>ISpecificRecord</c>), <c>GenericRecord</c>, or <see cref="int"/>, <see cref="long"/>,
    /// <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/>, <c>byte[]</c>.
    /// </typeparam>
    /// <returns>The serde.</returns>
    public ISerde<T> Avro<T>()
    {
        var options = _schemas.Options;
        var writing = new AvroSerializerConfig
        {
            AutoRegisterSchemas = options.AutoRegisterSchemas,
            UseLatestVersion = options.UseLatestVersion,
            NormalizeSchemas = options.NormalizeSchemas,
            SubjectNameStrategy = options.SubjectNames,
        };
        var reading = new AvroDeserializerConfig { SubjectNameStrategy = options.SubjectNames };
        var name = typeof(ISpecificRecord).IsAssignableFrom(typeof(T))
            ? (((ISpecificRecord)Activator.CreateInstance<T>()!).Schema as global::Avro.NamedSchema)?.Fullname
            : null;
        return Serde<T, AvroFormat>(name, () => Codec<T>.Of(
            new AvroSerializer<T>(_schemas.Client, writing, _rules),
            new AvroDeserializer<T>(_schemas.Client, reading, _rules),
            options.Timeout));
    }

    /// <summary>
    /// JSON Schema: JSON by Newtonsoft.Json, with a schema made of the type. Values are checked against it when written and read.
    /// </summary>
    /// <typeparam name="T">Type of the values.</typeparam>
    /// <param name="settings">How JSON and schema are made of the type; <see langword="null"/> for the defaults.</param>
    /// <returns>The serde.</returns>
    public ISerde<T> Json<T>(NewtonsoftJsonSchemaGeneratorSettings? settings = null)
        where T : class
    {
        var options = _schemas.Options;
        var writing = new JsonSerializerConfig
        {
            AutoRegisterSchemas = options.AutoRegisterSchemas,
            UseLatestVersion = options.UseLatestVersion,
            NormalizeSchemas = options.NormalizeSchemas,
            SubjectNameStrategy = options.SubjectNames,
        };
        var reading = new JsonDeserializerConfig { SubjectNameStrategy = options.SubjectNames };
        return Serde<T, JsonSchemaFormat>(typeof(T).Name, () => Codec<T>.Of(
            new JsonSerializer<T>(_schemas.Client, writing, settings, _rules),
            new JsonDeserializer<T>(_schemas.Client, reading, settings, _rules),
            options.Timeout));
    }

    /// <summary>
    /// Protobuf. Behind the schema's id stands the position of the message in its file. Schemas of imported files are
    /// registered under their paths, except those of <c>google/protobuf</c>, which registries have.
    /// </summary>
    /// <typeparam name="T">A generated message.</typeparam>
    /// <returns>The serde.</returns>
    public ISerde<T> Protobuf<T>()
        where T : class, IMessage<T>, new() => new ProtobufSerde<T>(_schemas);

    /// <summary>Closes the registry client, if it is its own.</summary>
    public void Dispose()
    {
        if (_ownsClient)
        {
            _schemas.Client.Dispose();
        }
    }

    private ConfluentSerde<T, TFormat> Serde<T, TFormat>(string? recordName, Func<Codec<T>> make)
        where TFormat : IFormat =>
        new(new ConfluentParts<T>(make, new SchemaFailures(_schemas, typeof(T), TFormat.Name, recordName)));

    [SuppressMessage("Reliability", "CA2000", Justification = "It is disposed with these serdes.")]
    private static CachedSchemaRegistryClient NewClient(SchemaRegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        RegistryAddress.Check(options.Url, nameof(options));
        if (options.Settings.TryGetValue(SchemaRegistryConfig.PropertyNames.SchemaRegistryMaxRetries, out var tries) && tries == "0")
        {
            throw new ArgumentException(
                "The setting schema.registry.max.retries is 0, with which the registry client sends nothing at all: it counts the first "
                + "try too. Set it to 1 or more.",
                nameof(options));
        }

        var settings = new Dictionary<string, string>(options.Settings)
        {
            [SchemaRegistryConfig.PropertyNames.SchemaRegistryUrl] = options.Url!,
        };
        return new CachedSchemaRegistryClient(settings);
    }
}
