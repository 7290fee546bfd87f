namespace StreamFlow.Broker.Storage;

/// <summary>
/// The file that says that the last run stopped in order: everything it had taken is on the disk. It is gone, durably,
/// before a run changes anything, so that a kill or a power cut leaves none. The two cannot be told apart afterwards,
/// and both are taken for the worse one.
/// </summary>
internal static class CleanStop
{
    public const string FileName = "clean-stop";

    private static ReadOnlySpan<byte> Content => "Everything is on the disk; the next start removes this file.\n"u8;

    /// <summary>Whether the last run stopped in order. This one has not, from here on.</summary>
    /// <exception cref="IOException">The file cannot be read or removed.</exception>
    public static bool Take(FileSystem files, string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            return false;
        }

        var isWhole = File.ReadAllBytes(path).AsSpan().SequenceEqual(Content);
        files.Delete(path);
        files.FlushDirectory(dataDirectory);
        return isWhole;
    }

    /// <summary>Says that this run stopped in order, once all is on the disk.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Leave(FileSystem files, string dataDirectory) =>
        files.ReplaceDurably(Path.Combine(dataDirectory, FileName), Content);
}
