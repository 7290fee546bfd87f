using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The file names by which a rewritten range of segments replaces the old ones, whatever moment a crash picks:
/// <c>.cleaned</c> is unfinished and worthless, <c>.swap</c> is finished and holds everything that survives of the
/// range it names.
/// </summary>
internal static class CompactionSwap
{
    public const string CleanedSuffix = ".cleaned";
    public const string SwapSuffix = ".swap";

    /// <summary>The name of a finished rewrite: the range of offsets it replaces, end exclusive.</summary>
    public static string SwapName(long baseOffset, long endOffset) =>
        string.Create(CultureInfo.InvariantCulture, $"{baseOffset:D20}-{endOffset:D20}{SwapSuffix}");

    /// <summary>Completes finished rewrites and removes unfinished ones and temporary files.</summary>
    public static void FinishOrUndo(FileSystem files, string directory)
    {
        foreach (var pattern in (string[])["*" + CleanedSuffix, "*.tmp"])
        {
            foreach (var path in Directory.GetFiles(directory, pattern))
            {
                files.Delete(path);
            }
        }

        foreach (var path in Directory.GetFiles(directory, "*" + SwapSuffix))
        {
            var name = Path.GetFileNameWithoutExtension(path).Split('-');
            if (name.Length == 2
                && long.TryParse(name[0], NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset)
                && long.TryParse(name[1], NumberStyles.None, CultureInfo.InvariantCulture, out var endOffset))
            {
                Finish(files, directory, path, baseOffset, endOffset);
            }
        }
    }

    /// <summary>Removes the segments of the range and gives the rewrite its name; repeatable after a crash.</summary>
    public static void Finish(FileSystem files, string directory, string swapPath, long baseOffset, long endOffset)
    {
        foreach (var path in Directory.GetFiles(directory, "*" + Segment.LogSuffix))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var old)
                && old >= baseOffset && old < endOffset)
            {
                files.Delete(Path.Combine(directory, Segment.FileName(old, Segment.IndexSuffix)));
                files.Delete(path);
            }
        }

        files.FlushDirectory(directory);
        files.Rename(swapPath, Path.Combine(directory, Segment.FileName(baseOffset, Segment.LogSuffix)));
        files.FlushDirectory(directory);
    }
}
