using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamFlow.Broker.Storage;

/// <summary>What the data directory holds, in one small file that is replaced whole at every change.</summary>
internal sealed record StoreMetadata
{
    public const string FileName = "meta.json";

    /// <summary>The file that an open store holds locked.</summary>
    public const string LockName = "LOCK";

    public const int CurrentVersion = 1;

    public int FormatVersion { get; init; } = CurrentVersion;

    public required string ClusterId { get; init; }

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
            throw new InvalidDataException(
                $"'{path}' is not readable: {e.Message} Restore it from a backup, or move the data directory away.", e);
        }

        return loaded switch
        {
            null => throw new InvalidDataException($"'{path}' is empty. Restore it from a backup."),
            { FormatVersion: > CurrentVersion } => throw new InvalidDataException(
                $"'{path}' has format version {loaded.FormatVersion}; this broker knows up to {CurrentVersion}. "
                + "Use a newer broker."),
            _ => loaded,
        };
    }

    public void Save(FileSystem files, string dataDirectory) => files.ReplaceDurably(
        Path.Combine(dataDirectory, FileName),
        JsonSerializer.SerializeToUtf8Bytes(this, StoreJson.Default.StoreMetadata));
}

/// <summary>One topic in the metadata file.</summary>
internal sealed record TopicMetadata(
    string Name, Guid Id, int Partitions, IReadOnlyDictionary<string, string> Configs);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreMetadata))]
internal sealed partial class StoreJson : JsonSerializerContext;
