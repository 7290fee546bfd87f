using System.Text.Json;
using System.Text.Json.Serialization;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Security;

/// <summary>A user's keys of one mechanism, as they are stored.</summary>
internal sealed record StoredScramCredential(
    string User, string Mechanism, byte[] Salt, byte[] StoredKey, byte[] ServerKey, int Iterations);

/// <summary>Users and rules as the data directory holds them: one file that is replaced whole at every change.</summary>
internal sealed record SecurityFile
{
    public const string FileName = "security.json";

    public const int CurrentVersion = 1;

    public int FormatVersion { get; init; } = CurrentVersion;

    public IReadOnlyList<StoredScramCredential> Users { get; init; } = [];

    public IReadOnlyList<AclBinding> Acls { get; init; } = [];

    /// <exception cref="InvalidDataException">The file is unreadable or from a newer version.</exception>
    public static SecurityFile Load(string dataDirectory)
    {
        string path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            return new SecurityFile();
        }

        SecurityFile? loaded;
        try
        {
            loaded = JsonSerializer.Deserialize(File.ReadAllBytes(path), SecurityJson.Default.SecurityFile);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"'{path}' is not readable: {e.Message} Restore it from a backup, or move it away: users and access rules are in it.",
                e);
        }

        return loaded switch
        {
            { Users: not null, Acls: not null, FormatVersion: >= 1 and <= CurrentVersion } => loaded,
            { FormatVersion: > CurrentVersion } => throw new InvalidDataException(
                $"'{path}' has format version {loaded.FormatVersion}; this broker knows up to {CurrentVersion}. "
                + "Use a newer broker."),
            _ => throw new InvalidDataException($"'{path}' is empty or lacks its parts. Restore it from a backup."),
        };
    }

    /// <exception cref="IOException">It cannot be written; the old file is still there.</exception>
    /// <exception cref="FullFileException">It is too large; the old file is still there.</exception>
    public void Save(FileSystem files, string dataDirectory)
    {
        string path = Path.Combine(dataDirectory, FileName);
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(this, SecurityJson.Default.SecurityFile);
        FullFileException.ThrowIfTooLarge(path, content.Length);
        if (!OperatingSystem.IsWindows())
        {
            // Made for its owner alone before anything is in it; replacing it keeps that.
            FileStreamOptions owner = new()
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            new FileStream(path + ".tmp", owner).Dispose();
        }

        files.ReplaceDurably(path, content);
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SecurityFile))]
internal sealed partial class SecurityJson : JsonSerializerContext;
