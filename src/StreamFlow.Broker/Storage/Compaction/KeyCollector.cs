namespace StreamFlow.Broker.Storage;

/// <summary>Collects the last offset of every key in the part of a log that was not compacted yet.</summary>
internal static class KeyCollector
{
    /// <summary>Goes through the segments while memory for keys lasts; answers the offset it got to.</summary>
    public static long Collect(List<Segment> segments, long from, long mapBytes, KeyOffsetMap map, AbortedRanges aborted)
    {
        var reached = segments[^1].NextOffset;
        using var buffers = new CompactionBuffers();
        foreach (var segment in segments.Where(segment => segment.NextOffset > from))
        {
            var walker = new BatchWalker(segment.File, 0, segment.Size, buffers.Walk);
            while (walker.MoveNext())
            {
                var header = walker.Current;
                if (header.BaseOffset < from || header.IsControl || aborted.Contains(header))
                {
                    continue;
                }

                if (map.SizeInBytes >= mapBytes)
                {
                    return header.BaseOffset;
                }

                var batch = buffers.Read(segment.File, walker.Position, header.TotalSize);
                CollectBatch(map, header, batch, buffers.Opened);
            }
        }

        return reached;
    }

    private static void CollectBatch(
        KeyOffsetMap map, in BatchHeader header, ReadOnlySpan<byte> batch, PooledBuffer opened)
    {
        if (!RecordSection.TryOpen(batch, header, opened, out var records, out _))
        {
            return;
        }

        // A batch that turns out malformed half-way is kept whole, so what it says must not shadow anything.
        var check = new RecordReader(header, records);
        while (check.MoveNext())
        {
        }

        var reader = new RecordReader(header, records);
        while (!check.IsCorrupt && reader.MoveNext())
        {
            if (reader.HasKey)
            {
                map.Put(reader.Key, reader.Offset);
            }
        }
    }
}
