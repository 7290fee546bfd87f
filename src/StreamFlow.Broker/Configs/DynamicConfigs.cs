using System.Text.Json;
using System.Text.Json.Serialization;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Configs;

/// <summary>
/// The settings that brokers, groups and clients' reports were given while the broker ran, in one small file that is replaced
/// whole. What is answered is durable.
/// </summary>
internal sealed class DynamicConfigs
{
    public const string FileName = "configs.json";

    private static readonly IReadOnlyDictionary<string, string> Nothing = new Dictionary<string, string>();

    private readonly FileSystem _files;
    private readonly string _path;
    private readonly OrderedLock _gate = new(LockRank.SettingsFile);
    private volatile Dictionary<ConfigResource, IReadOnlyDictionary<string, string>> _all;

    private DynamicConfigs(FileSystem files, string path, Dictionary<ConfigResource, IReadOnlyDictionary<string, string>> all) =>
        (_files, _path, _all) = (files, path, all);

    /// <summary>Reads what was kept.</summary>
    /// <exception cref="InvalidDataException">The file is unreadable.</exception>
    public static DynamicConfigs Open(FileSystem files, string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        return new DynamicConfigs(files, path, File.Exists(path) ? Load(path) : []);
    }

    /// <summary>What a resource was given; empty for nothing.</summary>
    public IReadOnlyDictionary<string, string> Of(ConfigResource resource) => _all.GetValueOrDefault(resource, Nothing);

    /// <summary>The names of those of a kind that were given something.</summary>
    public IReadOnlyList<string> Names(ConfigResourceKind kind) =>
        [.. _all.Keys.Where(resource => resource.Kind == kind).Select(resource => resource.Name).Order(StringComparer.Ordinal)];

    /// <summary>Gives a resource other settings in place of those it had; durable when this returns.</summary>
    /// <exception cref="IOException">It cannot be written; nothing has changed.</exception>
    /// <exception cref="FullFileException">There are too many settings already; nothing has changed.</exception>
    public void Replace(ConfigResource resource, IReadOnlyDictionary<string, string> configs)
    {
        using (_gate.Enter())
        {
            var all = new Dictionary<ConfigResource, IReadOnlyDictionary<string, string>>(_all);
            if (configs.Count == 0)
            {
                all.Remove(resource);
            }
            else
            {
                all[resource] = new Dictionary<string, string>(configs);
            }

            byte[] content = JsonSerializer.SerializeToUtf8Bytes(
                new ConfigsFile([.. all.Select(pair => new ConfigsOf(pair.Key.Kind, pair.Key.Name, pair.Value))]),
                ConfigsJson.Default.ConfigsFile);
            FullFileException.ThrowIfTooLarge(_path, content.Length);
            _files.ReplaceDurably(_path, content);
            _all = all;
        }
    }

    private static Dictionary<ConfigResource, IReadOnlyDictionary<string, string>> Load(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), ConfigsJson.Default.ConfigsFile)
                ?? throw new JsonException("it is empty.");
            return file.Resources.ToDictionary(entry => new ConfigResource(entry.Kind, entry.Name), entry => entry.Configs);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{path}' is not readable: {exception.Message} Restore it from a backup, or delete it to go on without the settings "
                + "that were changed while the broker ran.",
                exception);
        }
    }
}

/// <summary>The file of dynamic settings.</summary>
internal sealed record ConfigsFile([property: JsonRequired] IReadOnlyList<ConfigsOf> Resources);

/// <summary>The settings of one resource in the file.</summary>
internal sealed record ConfigsOf(
    [property: JsonRequired] ConfigResourceKind Kind,
    [property: JsonRequired] string Name,
    [property: JsonRequired] IReadOnlyDictionary<string, string> Configs);

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ConfigsFile))]
internal sealed partial class ConfigsJson : JsonSerializerContext;
