namespace StreamFlow.Broker.Storage;

/// <summary>Hands out producer ids. They are reserved in blocks, durably, so that none comes twice over crashes.</summary>
/// <param name="metadata">Where they are reserved.</param>
internal sealed class ProducerIds(MetadataFile metadata)
{
    private const int Block = 1_000;

    private readonly OrderedLock _gate = new(LockRank.ProducerIds);
    private long _next = metadata.Current.NextProducerId;
    private long _reserved = metadata.Current.NextProducerId;

    /// <summary>One that was never handed out.</summary>
    /// <exception cref="IOException">The reservation could not be written.</exception>
    public long Next()
    {
        using (_gate.Enter())
        {
            if (_next == _reserved)
            {
                metadata.Apply(new MetadataChange { NextProducerId = _next + Block });
                _reserved = _next + Block;
            }

            return _next++;
        }
    }
}
