namespace StreamFlow.Broker.Storage;

/// <content>What the log takes of the disk and of the memory.</content>
internal sealed partial class PartitionLog
{
    private int _countedProducers;

    /// <summary>Bytes of all segments.</summary>
    public long SizeInBytes
    {
        get
        {
            long size = 0;
            foreach (var segment in _segments)
            {
                size += segment.Size;
            }

            return size;
        }
    }

    /// <summary>Counts the producers that are remembered, after that has changed; under the gate.</summary>
    internal void RecountProducers()
    {
        if (!IsClosed && Producers.Producers.Count != _countedProducers)
        {
            _environment.Producers.Recount(Producers, ref _countedProducers);
        }
    }
}
