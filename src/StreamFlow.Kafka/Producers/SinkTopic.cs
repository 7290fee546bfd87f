using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>A topic as one producer sees it.</summary>
internal sealed class SinkTopic : ProducerTopic, IDisposable
{
    private readonly TopicHandle _handle;
    private long[] _delivered;

    internal SinkTopic(string name, TopicHandle handle, int partitionCount)
    {
        Name = name;
        _handle = handle;
        _delivered = new long[partitionCount];
        Array.Fill(_delivered, -1);
    }

    public override string Name { get; }

    public override int PartitionCount => _delivered.Length;

    internal nint Pointer => _handle.Pointer;

    internal TopicHandle Handle => _handle;

    public override long LastDeliveredOffset(int partition) =>
        (uint)partition < (uint)_delivered.Length ? _delivered[partition] : -1;

    /// <summary>Takes note of an acknowledged offset; none is told for a batch that was sent a second time.</summary>
    internal void Delivered(int partition, long offset)
    {
        if (offset >= 0 && (uint)partition < (uint)_delivered.Length)
        {
            _delivered[partition] = offset;
        }
    }

    /// <summary>Partitions were added; a topic never loses any while it exists.</summary>
    internal void Grow(int partitionCount)
    {
        var known = _delivered.Length;
        if (partitionCount > known)
        {
            var delivered = _delivered;
            Array.Resize(ref delivered, partitionCount);
            Array.Fill(delivered, -1, known, partitionCount - known);
            _delivered = delivered;
        }
    }

    public void Dispose() => _handle.Dispose();
}
