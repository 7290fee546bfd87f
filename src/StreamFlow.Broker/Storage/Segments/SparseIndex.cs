namespace StreamFlow.Broker.Storage;

/// <summary>One sampled batch of a segment.</summary>
/// <param name="RelativeOffset">The batch's base offset, relative to the segment's.</param>
/// <param name="Position">Where the batch starts in the file.</param>
/// <param name="MaxTimestampBefore">The largest timestamp of all batches before this one.</param>
internal readonly record struct IndexEntry(int RelativeOffset, int Position, long MaxTimestampBefore);

/// <summary>The sampled batches of one segment: narrows a look-up by offset or by time to a short walk.</summary>
internal sealed class SparseIndex
{
    private readonly PublishedList<IndexEntry> _entries = new();

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
