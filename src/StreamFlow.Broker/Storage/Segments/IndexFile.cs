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
        using var writer = new WireWriter();
        writer.WriteInt32(Version);
        writer.WriteInt64(segment.BaseOffset);
        writer.WriteInt32(segment.Size);
        writer.WriteInt64(segment.NextOffset);
        writer.WriteInt64(segment.MaxTimestamp);
        writer.WriteInt32(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            writer.WriteInt32(entry.RelativeOffset);
            writer.WriteInt32(entry.Position);
            writer.WriteInt64(entry.MaxTimestampBefore);
        }

        writer.WriteInt64(segment.CreatedMs);
        writer.WriteInt64(segment.LastAppendMs);
        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        files.ReplaceDurably(path, writer.Close());
        segment.MarkIndexStored(segment.Size);
    }

    /// <summary>
    /// Fills the segment from its stored index; false when there is none that fits the log file, or when it tells of
    /// batches at or behind <paramref name="verifyFrom"/>, whose checksums must be looked at.
    /// </summary>
    public static bool TryLoad(string directory, Segment segment, long verifyFrom)
    {
        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        if (!File.Exists(path) || !TryDecode(File.ReadAllBytes(path), segment, out var stored)
            || stored.NextOffset > verifyFrom || stored.Size != segment.File.Length)
        {
            return false;
        }

        segment.Restore(new SparseIndex(stored.Entries), stored.Size, stored.NextOffset, stored.MaxTimestamp);
        segment.MarkFlushed(stored.Size);
        segment.MarkIndexStored(stored.Size);
        (segment.CreatedMs, segment.LastAppendMs) = (stored.CreatedMs, stored.LastAppendMs);
        return true;
    }

    /// <summary>The stored index of a closed segment; null when there is none that fits it, or it cannot be read.</summary>
    public static SparseIndex? Read(Segment segment)
    {
        try
        {
            var path = Path.ChangeExtension(segment.File.Path, Segment.IndexSuffix);
            return TryDecode(File.ReadAllBytes(path), segment, out var stored)
                && stored.Size == segment.Size && stored.NextOffset == segment.NextOffset && stored.MaxTimestamp == segment.MaxTimestamp
                    ? new SparseIndex(stored.Entries)
                    : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or there is no file handle left to open it with: the segment itself, which is open, says the same.
            return null;
        }
    }

    private static bool TryDecode(byte[] content, Segment segment, out StoredIndex stored)
    {
        stored = default;
        if (!ByteReader.TryOpen(content, out var reader))
        {
            return false;
        }

        var (version, baseOffset) = (reader.Int32(), reader.Int64());
        var (size, nextOffset) = (reader.Int32(), reader.Int64());
        var (maxTimestamp, count) = (reader.Int64(), reader.Int32());
        if (version is < FirstVersion or > Version || baseOffset != segment.BaseOffset || count < 0 || count > reader.Remaining)
        {
            return false;
        }

        var entries = new IndexEntry[count];
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            entries[i] = new IndexEntry(reader.Int32(), reader.Int32(), reader.Int64());
        }

        var (created, lastAppend) = version == FirstVersion
            ? (segment.CreatedMs, segment.LastAppendMs)
            : (reader.Int64(), reader.Int64());
        stored = new StoredIndex(entries, size, nextOffset, maxTimestamp, created, lastAppend);
        return !reader.Failed;
    }

    private readonly record struct StoredIndex(
        IndexEntry[] Entries, int Size, long NextOffset, long MaxTimestamp, long CreatedMs, long LastAppendMs);
}
