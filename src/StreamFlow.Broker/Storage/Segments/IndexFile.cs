namespace StreamFlow.Broker.Storage;

/// <summary>The stored index of a closed segment. Only a shortcut: when it is missing or wrong it is rebuilt.</summary>
internal static class IndexFile
{
    private const int Version = 1;

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

        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        files.ReplaceDurably(path, writer.Finish());
    }

    /// <summary>Fills the segment from its stored index; false when there is none that fits the log file.</summary>
    public static bool TryLoad(string directory, Segment segment)
    {
        var path = Path.Combine(directory, Segment.FileName(segment.BaseOffset, Segment.IndexSuffix));
        if (!File.Exists(path) || !ByteReader.TryOpen(File.ReadAllBytes(path), out var reader)
            || reader.Int32() != Version || reader.Int64() != segment.BaseOffset)
        {
            return false;
        }

        var (size, nextOffset) = (reader.Int32(), reader.Int64());
        var (maxTimestamp, count) = (reader.Int64(), reader.Int32());
        var index = new SparseIndex();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            index.Add(new IndexEntry(reader.Int32(), reader.Int32(), reader.Int64()));
        }

        if (reader.Failed || size != segment.File.Length)
        {
            return false;
        }

        segment.Restore(index, size, nextOffset, maxTimestamp);
        segment.MarkFlushed(size);
        return true;
    }
}
