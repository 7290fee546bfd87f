using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using StreamFlow.TestSupport;

namespace StreamFlow.Serialization.SchemaRegistry.Tests.Support;

/// <summary>
/// A schema registry over HTTP: registers, finds by id, by subject and version and by content, and checks that a new Avro
/// schema can read the one before it. Everything it is asked is kept.
/// </summary>
internal sealed class TestRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly List<Registered> _versions = [];
    private readonly Task _serving;

    public TestRegistry()
    {
        Url = $"http://127.0.0.1:{FreePort.Find()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>When set, every request gets this status and nothing else.</summary>
    public HttpStatusCode? Outage { get; set; }

    /// <summary>Whether Protobuf schemas are given as text whatever form is asked for.</summary>
    public bool GivesTextOnly { get; set; }

    public ConcurrentQueue<string> Requests { get; } = new();

    public SchemaRegistryOptions Options => new()
    {
        Url = Url,
        Settings = new Dictionary<string, string> { ["schema.registry.max.retries"] = "1" },
    };

    public IReadOnlyList<string> Subjects
    {
        get
        {
            lock (_versions)
            {
                return [.. _versions.Select(v => v.Subject).Distinct().Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Registers without a check, as an administrator does who knows better.</summary>
    public int Register(string subject, string schema, string type = "AVRO", JsonArray? references = null)
    {
        lock (_versions)
        {
            var same = _versions.FirstOrDefault(v => v.Schema == schema && v.Type == type);
            var version = _versions.Count(v => v.Subject == subject) + 1;
            var id = same?.Id ?? _versions.Select(v => v.Id).DefaultIfEmpty(100).Max() + 1;
            _versions.Add(new Registered(subject, version, id, type, schema, references ?? []));
            return id;
        }
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            // Names of subjects may have a slash, which is escaped.
            var path = context.Request.RawUrl!.Split('?')[0].Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
            Requests.Enqueue($"{context.Request.HttpMethod} {string.Join('/', path)}");
            using var reader = new StreamReader(context.Request.InputStream);
            var (status, answer) = Outage is { } outage
                ? Error(outage, (int)outage * 100, "out of order")
                : Answer(context.Request.HttpMethod, path, await reader.ReadToEndAsync());
            context.Response.StatusCode = (int)status;
            context.Response.ContentType = "application/vnd.schemaregistry.v1+json";
            try
            {
                await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private (HttpStatusCode Status, JsonNode Body) Answer(string method, string[] path, string body)
    {
        var content = body.Length > 0 ? JsonNode.Parse(body)! : new JsonObject();
        lock (_versions)
        {
            return (method, path) switch
            {
                ("POST", ["subjects", var subject, "versions"]) => RegisterChecked(subject, content),
                ("POST", ["subjects", var subject]) => Found(Find(subject, content), 40403, "Schema not found"),
                ("GET", ["subjects", var subject, "versions", "latest"]) =>
                    Found(_versions.LastOrDefault(v => v.Subject == subject), 40401, $"Subject '{subject}' not found."),
                ("GET", ["subjects", var subject, "versions", var version]) => Found(
                    _versions.Find(v => v.Subject == subject && $"{v.Version}" == version), 40402, $"Version {version} not found."),
                ("POST", ["compatibility", "subjects", var subject, "versions", _]) =>
                    (HttpStatusCode.OK, new JsonObject { ["is_compatible"] = Incompatibility(subject, content) is null }),
                ("GET", ["schemas", "ids", var id]) => Found(_versions.Find(v => $"{v.Id}" == id), 40403, $"Schema {id} not found"),
                ("GET", ["schemas", "guids", var guid]) => Found(_versions.Find(v => $"{v.Guid}" == guid), 40403, $"Schema {guid} not found"),
                _ => Error(HttpStatusCode.NotFound, 404, "HTTP 404 Not Found"),
            };
        }
    }

    private (HttpStatusCode Status, JsonNode Body) RegisterChecked(string subject, JsonNode content)
    {
        if (Find(subject, content) is { } known)
        {
            return Found(known, 0, "");
        }

        if (Incompatibility(subject, content) is { } why)
        {
            return Error(HttpStatusCode.Conflict, 409, why);
        }

        Register(subject, SchemaOf(content), TypeOf(content), content["references"]?.DeepClone().AsArray());
        return Found(Find(subject, content), 0, "");
    }

    /// <summary>Why the new schema cannot read what the latest version wrote; null when it can.</summary>
    private string? Incompatibility(string subject, JsonNode content)
    {
        var latest = _versions.LastOrDefault(v => v.Subject == subject);
        return latest is null || TypeOf(content) != "AVRO" || Avro.Schema.Parse(SchemaOf(content)).CanRead(Avro.Schema.Parse(latest.Schema))
            ? null
            : $"Schema being registered is incompatible with an earlier schema for subject \"{subject}\"";
    }

    private Registered? Find(string subject, JsonNode content) =>
        _versions.Find(v => v.Subject == subject && v.Schema == SchemaOf(content) && v.Type == TypeOf(content));

    private (HttpStatusCode Status, JsonNode Body) Found(Registered? found, int code, string why) => found is null
        ? Error(HttpStatusCode.NotFound, code, why)
        : (HttpStatusCode.OK, new JsonObject
        {
            ["subject"] = found.Subject, ["version"] = found.Version, ["id"] = found.Id, ["guid"] = $"{found.Guid}", ["schemaType"] = found.Type,
            ["schema"] = GivesTextOnly && found.Type == "PROTOBUF" ? "syntax = \"proto3\";" : found.Schema,
            ["references"] = found.References.DeepClone(),
        });

    private static (HttpStatusCode Status, JsonNode Body) Error(HttpStatusCode status, int code, string why) =>
        (status, new JsonObject { ["error_code"] = code, ["message"] = why });

    private static string SchemaOf(JsonNode content) => content["schema"]!.GetValue<string>();

    private static string TypeOf(JsonNode content) => content["schemaType"]?.GetValue<string>() ?? "AVRO";

    private sealed record Registered(string Subject, int Version, int Id, string Type, string Schema, JsonArray References)
    {
        public Guid Guid => new(Id, 0, 0, new byte[8]);
    }
}
