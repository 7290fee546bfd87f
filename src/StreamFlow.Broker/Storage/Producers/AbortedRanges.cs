
namespace StreamFlow.Broker.Storage;

/// <summary>Which transactional batches of a log belong to aborted transactions.</summary>
internal sealed class AbortedRanges
{
    private readonly Dictionary<long, List<AbortedTransaction>> _byProducer = [];

    public AbortedRanges(ReadOnlySpan<AbortedTransaction> aborted)
    {
        foreach (ref readonly var entry in aborted)
        {
            if (!_byProducer.TryGetValue(entry.ProducerId, out var entries))
            {
                _byProducer.Add(entry.ProducerId, entries = []);
            }

            entries.Add(entry);
        }
    }

    public bool Contains(in BatchHeader header)
    {
        if (!header.IsTransactional || !_byProducer.TryGetValue(header.ProducerId, out var entries))
        {
            return false;
        }

        // Transactions of one producer follow each other, so the entries are in order and disjoint.
        int low = 0, high = entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].LastOffset < header.BaseOffset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < entries.Count && entries[low].FirstOffset <= header.BaseOffset;
    }
}
