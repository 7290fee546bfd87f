using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker;

/// <summary>Data directories that end with their broker, and those that a broker left behind because it was killed.</summary>
internal static class TemporaryDirectories
{
    private const string Prefix = "streamflow-broker-";

    /// <summary>The file that tells a temporary directory from one that somebody has named like it and wants to keep.</summary>
    private const string Mark = "TEMPORARY";

    public static string Create()
    {
        string directory = Directory.CreateTempSubdirectory(Prefix).FullName;
        File.WriteAllBytes(Path.Combine(directory, Mark), []);
        return directory;
    }

    /// <summary>Deletes every temporary directory beside this one whose broker is gone: nobody holds its lock any more.</summary>
    /// <param name="own">The directory of a broker that has taken its lock.</param>
    /// <param name="log">Is told how many there were.</param>
    public static void DeleteAbandoned(string own, BrokerLog log)
    {
        // A file system without locks, or a process that was told to do without, would give away what is in use.
        using (FileStream? held = TryLock(own))
        {
            if (held is not null)
            {
                return;
            }
        }

        int deleted = 0;
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(Path.GetDirectoryName(own)!, Prefix + "*"))
            {
                deleted += DeleteIfAbandoned(directory) ? 1 : 0;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The folder of all temporary files cannot be listed: then nothing is cleaned up.
        }

        if (deleted > 0)
        {
            BrokerMessages.AbandonedDeleted(log, deleted);
        }
    }

    private static bool DeleteIfAbandoned(string directory)
    {
        try
        {
            // A broker writes its metadata after it has taken the lock. Without any it may be about to take it.
            if (!File.Exists(Path.Combine(directory, Mark)) || !File.Exists(Path.Combine(directory, StoreMetadata.FileName)))
            {
                return false;
            }

            using FileStream? held = TryLock(directory);
            if (held is null)
            {
                return false;
            }

            Directory.Delete(directory, recursive: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's, or another broker is deleting it at this moment.
            return false;
        }
    }

    private static FileStream? TryLock(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, StoreMetadata.LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
