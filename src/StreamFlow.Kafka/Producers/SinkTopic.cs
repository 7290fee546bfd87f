using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>A topic as one producer sees it.</summary>
internal sealed class SinkTopic : ProducerTopic, IDisposable
{
    private readonly TopicHandle _handle;
    private long[] _delivered;
    private long[] _onTheWay;

    internal SinkTopic(string name, TopicHandle handle, int partitionCount)
    {
        Name = name;
        _handle = handle;
        _delivered = new long[partitionCount];
        Array.Fill(_delivered, -1);
        _onTheWay = new long[partitionCount];
    }

    public override string Name { get; }

    public override int PartitionCount => _delivered.Length;

    internal nint Pointer => _handle.Pointer;

    internal TopicHandle Handle => _handle;

    public override long LastDeliveredOffset(int partition) =>
        (uint)partition < (uint)_delivered.Length ? _delivered[partition] : -1;

    /// <summary>
    /// Size of the largest batch that the topic is known to take, by <see cref="RecordSize"/>; without limit until one was
    /// too large.
    /// </summary>
    internal long BatchLimit { get; private set; } = long.MaxValue;

    /// <summary>Whether a record may be handed over without making too large a batch with those on their way.</summary>
    internal bool HasRoom(int partition, long bytes) =>
        BatchLimit == long.MaxValue || _onTheWay[partition] == 0 || _onTheWay[partition] + bytes <= BatchLimit;

    /// <summary>Whether it was not there when a record was handed over last, as far as librdkafka knows.</summary>
    internal bool IsGone { get; set; }

    /// <summary>A record is on its way.</summary>
    internal void Taken(int partition, long bytes) => _onTheWay[partition] += bytes;

    /// <summary>Records are delivered or have failed.</summary>
    internal void Reported(int partition, long bytes)
    {
        if ((uint)partition < (uint)_onTheWay.Length)
        {
            _onTheWay[partition] -= bytes;
        }
    }

    /// <summary>
    /// A batch was too large. What would not be, the broker does not say; half of it, and half of that, finds out. Each step
    /// costs a transaction where there is one, but a limit that is too low costs waiting from then on.
    /// </summary>
    internal void Limit(long refused) => BatchLimit = Math.Max(1, Math.Min(BatchLimit, refused / 2));

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
            Array.Resize(ref _onTheWay, partitionCount);
        }
    }

    public void Dispose() => _handle.Dispose();
}
