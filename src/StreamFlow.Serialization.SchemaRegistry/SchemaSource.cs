using System.Globalization;
using Confluent.SchemaRegistry;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>The registry, asked synchronously.</summary>
internal sealed class SchemaSource
{
    private readonly AsyncSubjectNameStrategyDelegate _subjects;

    public SchemaSource(ISchemaRegistryClient client, SchemaRegistryOptions options)
    {
        Client = client;
        Options = options;
        _subjects = options.SubjectNames.ToAsyncDelegate(client, null);
    }

    public ISchemaRegistryClient Client { get; }

    public SchemaRegistryOptions Options { get; }

    public string Address => Options.Url ?? "of the client that was given";

    public string? Subject(SerdeContext place, string? recordName) =>
        Ask(_ => _subjects(Places.Context(place, null), recordName!));

    public T Ask<T>(Func<ISchemaRegistryClient, Task<T>> question) => SyncCall.Wait(() => question(Client), Options.Timeout);

    public string LatestVersion(string subject) =>
        Ask(client => client.GetLatestSchemaAsync(subject)).Version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Version that a schema is in a subject.</summary>
    public string VersionOf(string subject, int id) => Ask(async client =>
    {
        var schema = await client.GetSchemaBySubjectAndIdAsync(subject, id).ConfigureAwait(false);
        var registered = await client.LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: false).ConfigureAwait(false);
        return registered.Version.ToString(CultureInfo.InvariantCulture);
    });
}
