using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamFlow.Broker.Storage;

/// <summary>What the data directory holds, in one file that is replaced whole; <see cref="MetadataFile"/> has the changes since.</summary>
internal sealed record StoreMetadata
{
    public const string FileName = "meta.json";

    /// <summary>The file that an open store holds locked.</summary>
    public const string LockName = "LOCK";

    public const int CurrentVersion = 2;

    public int FormatVersion { get; init; } = CurrentVersion;

    public required string ClusterId { get; init; }

    /// <summary>Rises with every such file, and names the file of the changes to it: no other counts.</summary>
    public long Generation { get; init; }

    /// <summary>Producer ids from here on were never handed out.</summary>
    public long NextProducerId { get; init; }

    public IReadOnlyList<TopicMetadata> Topics { get; init; } = [];

    /// <summary>Deleted topics whose directories may still be there.</summary>
    public IReadOnlyList<Guid> Deleting { get; init; } = [];

    /// <exception cref="InvalidDataException">The file is unreadable or from a newer version.</exception>
    public static StoreMetadata? Load(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        StoreMetadata? loaded;
        try
        {
            loaded = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.StoreMetadata);
        }
        catch (JsonException e)
        {
            throw Damaged(path, e.Message, e);
        }

        if (loaded is { FormatVersion: > CurrentVersion })
        {
            throw new InvalidDataException(
                $"'{path}' has format version {loaded.FormatVersion}; this broker knows up to {CurrentVersion}. "
                + "Use a newer broker.");
        }

        loaded?.Check(path);
        return loaded ?? throw Damaged(path, "it says null", null);
    }

    /// <exception cref="InvalidDataException">What it says cannot be.</exception>
    public void Check(string path)
    {
        if (Problem(this) is { } problem)
        {
            throw Damaged(path, problem, null);
        }
    }

    private static InvalidDataException Damaged(string path, string problem, Exception? cause) => new(
        $"'{path}' is damaged: {problem.TrimEnd('.')}. Restore it from a backup, or move the data directory away to begin "
        + "with an empty one.", cause);

    /// <summary>What a reader of JSON does not look at, or null.</summary>
    private static string? Problem(StoreMetadata loaded)
    {
        if (loaded.FormatVersion < 1 || loaded.NextProducerId < 0 || loaded.Generation < 0)
        {
            return $"format version {loaded.FormatVersion}, generation {loaded.Generation} or next producer id {loaded.NextProducerId} cannot be";
        }

        // What is required may still be null in the file, whatever the types here say.
        if (string.IsNullOrEmpty(loaded.ClusterId) || loaded.Topics is null || loaded.Deleting is null)
        {
            return "the cluster id, the topics or the list of deleted topics are missing";
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var ids = new HashSet<Guid>();
        return loaded.Topics.Select(topic => Problem(topic, names, ids)).FirstOrDefault(static x => x is not null);
    }

    private static string? Problem(TopicMetadata? topic, HashSet<string> names, HashSet<Guid> ids) => topic switch
    {
        null or { Name: null } or { Configs: null } => "a topic has no name or no settings",
        _ when topic.Configs.Any(static config => config.Value is null) => $"a setting of topic '{topic.Name}' is null",
        _ when TopicNames.Problem(topic.Name) is { } problem => problem,
        { Id: var id } when id == Guid.Empty => $"topic '{topic.Name}' has no id",
        { Partitions: < 1 or > TopicStore.MaxPartitionsPerTopic } =>
            $"topic '{topic.Name}' has {topic.Partitions} partitions",
        _ when !names.Add(topic.Name) || !ids.Add(topic.Id) => $"topic '{topic.Name}', or its id, is there twice",
        _ => null,
    };

    /// <summary>Replaces the file; answers its size.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public long Save(FileSystem files, string dataDirectory)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(this with { FormatVersion = CurrentVersion }, StoreJson.Default.StoreMetadata);
        files.ReplaceDurably(Path.Combine(dataDirectory, FileName), content);
        return content.Length;
    }
}

/// <summary>One topic in the metadata file.</summary>
internal sealed record TopicMetadata(
    string Name, Guid Id, int Partitions, IReadOnlyDictionary<string, string> Configs);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreMetadata))]
internal sealed partial class StoreJson : JsonSerializerContext;
