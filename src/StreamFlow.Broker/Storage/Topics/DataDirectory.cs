namespace StreamFlow.Broker.Storage;

/// <summary>The folder of all that a broker keeps, with a lock that keeps a second one out.</summary>
internal static class DataDirectory
{
    /// <summary>Makes the folder, if it is not there, and takes its lock.</summary>
    /// <exception cref="IOException">Another broker has it, or it cannot be made or written to.</exception>
    public static FileStream Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return new FileStream(
                Path.Combine(directory, StoreMetadata.LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new IOException(
                $"Data directory '{directory}' is in use by another broker (its {StoreMetadata.LockName} file is held). Stop that one or "
                + "choose another directory.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"Data directory '{directory}' cannot be used: {e.Message.TrimEnd('.')}. Choose one that the broker may write to.", e);
        }
    }

    /// <summary>Whether the lock is what is in the way: EWOULDBLOCK on Linux and macOS, a sharing or lock violation on Windows.</summary>
    private static bool IsHeld(IOException exception) =>
        exception.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
