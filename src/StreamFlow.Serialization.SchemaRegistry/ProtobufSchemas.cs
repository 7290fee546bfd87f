using Confluent.SchemaRegistry;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>Schemas of Protobuf messages in the registry: the files they are in, as serialized descriptors.</summary>
internal sealed class ProtobufSchemas(SchemaSource schemas)
{
    private const string Serialized = "serialized";

    private static readonly string[] KnownFolders = ["google/protobuf/", "google/type/", "confluent/"];

    /// <returns>The schema's id.</returns>
    public int Register(MessageDescriptor message, SerdeContext place)
    {
        var subject = SubjectOf(message, place);
        return schemas.Ask(async client => schemas.Options.UseLatestVersion
            ? (await client.GetLatestSchemaAsync(subject).ConfigureAwait(false)).Id
            : (await RegisterAsync(client, subject, message.File).ConfigureAwait(false)).Id);
    }

    /// <summary>Full name of a message in a registered schema; null when the registry gives schemas as text only.</summary>
    /// <param name="id">Id of the schema.</param>
    /// <param name="position">Which message of its file it is.</param>
    /// <param name="wanted">The message that is wanted, for the subject.</param>
    /// <param name="place">Where the record is.</param>
    public string? NameOf(int id, IReadOnlyList<int> position, MessageDescriptor wanted, SerdeContext place)
    {
        var subject = SubjectOf(wanted, place);
        var schema = schemas.Ask(client => client.GetSchemaBySubjectAndIdAsync(subject, id, Serialized));
        if (schema.SchemaType != SchemaType.Protobuf)
        {
            throw new FormatException($"Its schema is {schema.SchemaType}, not Protobuf");
        }

        var bytes = new byte[schema.SchemaString.Length];
        return Convert.TryFromBase64String(schema.SchemaString, bytes, out var length)
            ? NameIn(FileDescriptorProto.Parser.ParseFrom(bytes, 0, length), position)
            : null;
    }

    private static string NameIn(FileDescriptorProto file, IReadOnlyList<int> position)
    {
        var name = file.Package;
        var messages = file.MessageType;
        foreach (var index in position)
        {
            if (index < 0 || index >= messages.Count)
            {
                throw new FormatException($"Its schema has no message at position {string.Join('.', position)}");
            }

            name = name.Length == 0 ? messages[index].Name : $"{name}.{messages[index].Name}";
            messages = messages[index].NestedType;
        }

        return name;
    }

    private string SubjectOf(MessageDescriptor message, SerdeContext place) => schemas.Subject(place, message.FullName)
        ?? throw new InvalidOperationException($"The strategy {schemas.Options.SubjectNames} names no subject for {message.FullName}");

    /// <summary>Imported files come first: the registry asks for subject and version of each.</summary>
    private async Task<RegisteredSchema> RegisterAsync(ISchemaRegistryClient client, string subject, FileDescriptor file)
    {
        var references = new List<SchemaReference>();
        foreach (var import in file.Dependencies.Where(f => !KnownFolders.Any(k => f.Name.StartsWith(k, StringComparison.Ordinal))))
        {
            var imported = await RegisterAsync(client, import.Name, import).ConfigureAwait(false);
            references.Add(new SchemaReference(import.Name, import.Name, imported.Version));
        }

        var options = schemas.Options;
        var schema = new Schema(file.SerializedData.ToBase64(), references, SchemaType.Protobuf);
        if (options.AutoRegisterSchemas)
        {
            await client.RegisterSchemaAsync(subject, schema, options.NormalizeSchemas).ConfigureAwait(false);
        }

        return await client.LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: true, options.NormalizeSchemas).ConfigureAwait(false);
    }
}
