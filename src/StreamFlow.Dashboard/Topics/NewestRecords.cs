namespace StreamFlow.Dashboard;

/// <summary>Keeps the newest of the records that it is given, each as far as it is shown: whoever searches may find very many.</summary>
/// <param name="count">How many are kept.</param>
/// <param name="maxBytes">How many bytes of them; one is kept whatever its size.</param>
internal sealed class NewestRecords(int count, long maxBytes)
{
    private readonly PriorityQueue<ReadRecord, (long Timestamp, long Offset)> _kept = new();

    /// <summary>Bytes that are kept.</summary>
    public long Bytes { get; private set; }

    public void Add(ReadRecord record)
    {
        if (_kept.Count == count && (record.Timestamp, record.Offset).CompareTo((_kept.Peek().Timestamp, _kept.Peek().Offset)) < 0)
        {
            return;
        }

        var shown = record.Cut();
        _kept.Enqueue(shown, (shown.Timestamp, shown.Offset));
        Bytes += shown.Size;
        while (_kept.Count > count || (Bytes > maxBytes && _kept.Count > 1))
        {
            Bytes -= _kept.Dequeue().Size;
        }
    }

    /// <summary>Those that are kept, newest first.</summary>
    public IReadOnlyList<ReadRecord> ToList() =>
        [.. _kept.UnorderedItems.Select(i => i.Element).OrderByDescending(r => r.Timestamp).ThenByDescending(r => r.Offset)];
}
