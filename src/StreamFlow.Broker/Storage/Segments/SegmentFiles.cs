using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>The files of segments in a partition's directory, named by their first offset.</summary>
internal static class SegmentFiles
{
    /// <summary>The first offsets of the segments that are there, in order.</summary>
    public static List<long> BaseOffsets(string directory)
    {
        var found = new List<long>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Segment.LogSuffix))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset))
            {
                found.Add(baseOffset);
            }
        }

        found.Sort();
        return found;
    }

    /// <summary>Removes a segment with its index.</summary>
    public static void Delete(FileSystem files, string directory, long baseOffset)
    {
        files.Delete(PathOf(directory, baseOffset, Segment.LogSuffix));
        files.Delete(PathOf(directory, baseOffset, Segment.IndexSuffix));
    }

    public static string PathOf(string directory, long baseOffset, string suffix) =>
        Path.Combine(directory, Segment.FileName(baseOffset, suffix));
}
