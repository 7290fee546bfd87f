using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>Room on a disk, found out by writing.</summary>
internal static class DiskRoom
{
    /// <summary>Several times what RocksDB writes to its log and manifest while it opens.</summary>
    private const int Bytes = 256 << 10;

    /// <summary>
    /// On a full disk RocksDB opens a database at times, and fails at the first write. So a disk without room even for its
    /// log and its list of files is found before.
    /// </summary>
    /// <param name="database">Folder of the database; its parent exists.</param>
    /// <param name="errors">Makes the exception.</param>
    /// <exception cref="StateStoreException">The disk is full.</exception>
    public static void Require(string database, RocksDbErrors errors)
    {
        try
        {
            using var probe = new FileStream(
                database + ".room", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            probe.Write(new byte[Bytes]);
        }
        catch (IOException exception) when (RocksDbErrors.Classify(exception.Message) == RocksDbErrorKind.DiskFull)
        {
            throw errors.Create("open", exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // RocksDB meets it as well and says so in its own words.
        }
    }
}
