namespace StreamFlow.Broker.Storage;

/// <summary>One sampled batch of a segment.</summary>
/// <param name="RelativeOffset">The batch's base offset, relative to the segment's.</param>
/// <param name="Position">Where the batch starts in the file.</param>
/// <param name="MaxTimestampBefore">The largest timestamp of all batches before this one.</param>
internal readonly record struct IndexEntry(int RelativeOffset, int Position, long MaxTimestampBefore);

/// <summary>The sampled batches of one segment: narrows a look-up by offset or by time to a short walk.</summary>
internal sealed class SparseIndex
{
    private const int EntryBytes = 16;
    private const int WalkBytes = 64 * 1024;

    /// <summary>Between the entries of one that is made anew.</summary>
    private const int RebuiltInterval = 4096;

    private readonly PublishedList<IndexEntry> _entries;

    public SparseIndex() => _entries = new PublishedList<IndexEntry>();

    /// <summary>One that is complete.</summary>
    public SparseIndex(IndexEntry[] entries) => _entries = new PublishedList<IndexEntry>(entries);

    /// <summary>The memory of the entries.</summary>
    public long Bytes => (long)_entries.Capacity * EntryBytes;

    /// <summary>Makes the index of a segment from its batches.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SparseIndex Of(Segment segment)
    {
        var index = new SparseIndex();
        var walker = new BatchWalker(segment.File, 0, segment.Size, new byte[WalkBytes]);
        var (since, max) = (RebuiltInterval, long.MinValue);
        while (walker.MoveNext())
        {
            if (since >= RebuiltInterval)
            {
                index.Add(new IndexEntry((int)(walker.Current.BaseOffset - segment.BaseOffset), (int)walker.Position, max));
                since = 0;
            }

            since += walker.Current.TotalSize;
            max = Math.Max(max, walker.Current.MaxTimestamp);
        }

        return index;
    }

    public ReadOnlySpan<IndexEntry> Entries => _entries.Published;

    public void Add(in IndexEntry entry) => _entries.Add(entry);

    /// <summary>The position to walk from to find the batch that holds <paramref name="relativeOffset"/>.</summary>
    public int FloorPosition(long relativeOffset)
    {
        var entries = _entries.Published;
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].RelativeOffset <= relativeOffset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? 0 : entries[low - 1].Position;
    }

    /// <summary>A position before which every batch is older than <paramref name="timestamp"/>.</summary>
    public int FloorPositionForTimestamp(long timestamp)
    {
        var entries = _entries.Published;
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].MaxTimestampBefore < timestamp)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? 0 : entries[low - 1].Position;
    }
}
