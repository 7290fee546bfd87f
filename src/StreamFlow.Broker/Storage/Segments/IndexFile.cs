namespace StreamFlow.Broker.Storage;

/// <summary>
/// The stored index of a segment that was closed, or that was written to until an orderly stop, with the times of its
/// first and last append. Only a shortcut: when it is missing or does not fit the log file it is rebuilt.
/// </summary>
internal static class IndexFile
{
    private const int Version = 2;
    private const int FirstVersion = 1;

    public static void Save(FileSystem files, string directory, Segment segment)
    {
        var entries = segment.Index.Entries;
        var writer = new ByteWriter();
        writer.Int32(Version);
        writer.Int64(segment.BaseOffset);
        writer.Int32(segment.Size);
        writer.Int64(segment.NextOffset);
        writer.Int64(segment.MaxTimestamp);
        writer.Int32(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            writer.Int32(entry.RelativeOffset);
            writer.Int32(entry.Position);
            writer.Int64(entry.MaxTimestampBefore);
        }

        writer.Int64(segment.CreatedMs);
        writer.Int64(segment.LastAppendMs);
        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        files.ReplaceDurably(path, writer.Finish());
        segment.MarkIndexStored(segment.Size);
    }

    /// <summary>
    /// Fills the segment from its stored index; false when there is none that fits the log file, or when it tells of
    /// batches at or behind <paramref name="verifyFrom"/>, whose checksums must be looked at.
    /// </summary>
    public static bool TryLoad(string directory, Segment segment, long verifyFrom)
    {
        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        if (!File.Exists(path) || !ByteReader.TryOpen(File.ReadAllBytes(path), out var reader))
        {
            return false;
        }

        var (version, baseOffset) = (reader.Int32(), reader.Int64());
        var (size, nextOffset) = (reader.Int32(), reader.Int64());
        var (maxTimestamp, count) = (reader.Int64(), reader.Int32());
        if (version is < FirstVersion or > Version || baseOffset != segment.BaseOffset || nextOffset > verifyFrom)
        {
            return false;
        }

        var index = new SparseIndex();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            index.Add(new IndexEntry(reader.Int32(), reader.Int32(), reader.Int64()));
        }

        var (created, lastAppend) = version == FirstVersion
            ? (segment.CreatedMs, segment.LastAppendMs)
            : (reader.Int64(), reader.Int64());
        if (reader.Failed || size != segment.File.Length)
        {
            return false;
        }

        segment.Restore(index, size, nextOffset, maxTimestamp);
        segment.MarkFlushed(size);
        segment.MarkIndexStored(size);
        (segment.CreatedMs, segment.LastAppendMs) = (created, lastAppend);
        return true;
    }
}
