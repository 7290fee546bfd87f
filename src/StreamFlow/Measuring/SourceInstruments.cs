using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>An input partition of a task.</summary>
/// <param name="instruments">What is measured of it.</param>
/// <param name="clock">Set where the age of each record is measured.</param>
/// <param name="task">The task's tags.</param>
/// <param name="node">Name of the source.</param>
/// <param name="partition">The partition.</param>
internal sealed class SourceCounts(
    SourceInstruments instruments, TimeProvider? clock, KeyValuePair<string, object?>[] task, string node, TopicPartition partition)
    : NodeCounts(
        instruments.Latency, clock,
        [.. task, new("operator", node), new("topic", partition.Topic), new("partition", partition.Partition)])
{
    private long _end = -1;
    private long _position = -1;
    private long _buffered;

    /// <summary>Which partition it is.</summary>
    public TopicPartition Partition => partition;

    /// <summary>Offset behind the last record on the broker; null while that is not known.</summary>
    public long? End => Volatile.Read(ref _end) is var end and >= 0 ? end : null;

    /// <summary>Offset of the next record to process; null while that is not known.</summary>
    public long? Position => Volatile.Read(ref _position) is var position and >= 0 ? position : null;

    /// <summary>Records on the broker that are not processed yet; null while that is not known.</summary>
    public long? Lag => End - Position is { } lag ? Math.Max(0, lag) : null;

    public long Buffered => Volatile.Read(ref _buffered);

    /// <summary>Where the partition is.</summary>
    /// <param name="end">Offset behind its last record on the broker; -1 when that is not known.</param>
    /// <param name="position">Offset of the next record to process; -1 when that is not known.</param>
    /// <param name="buffered">Records at hand.</param>
    public void Show(long end, long position, int buffered)
    {
        Volatile.Write(ref _end, end);
        Volatile.Write(ref _position, position);
        Volatile.Write(ref _buffered, buffered);
    }
}

/// <summary>What is measured of input partitions.</summary>
internal sealed class SourceInstruments
{
    public SourceInstruments(Meter meter)
    {
        All = new LiveSet<SourceCounts>(meter);
        Latency = meter.CreateHistogram(
            "streamflow.source.latency", "s", "From a record's event time to its turn at the source; in samples.",
            tags: null, DurationBuckets.Advice);
        All.Counter("streamflow.source.consumed", "{record}", "Records taken from the partition.", s => s.Records);
        All.Counter("streamflow.source.consumed.size", "By", "Bytes of their keys and values.", s => s.Bytes);
        All.Gauge<long>("streamflow.consumer.lag", "{record}", "Records of the partition that are not processed yet.", s => s.Lag);
        All.Gauge<long>("streamflow.source.buffered", "{record}", "Records of the partition that the task has at hand.", s => s.Buffered);
    }

    /// <summary>The input partitions of the tasks that run.</summary>
    public LiveSet<SourceCounts> All { get; }

    public Histogram<double> Latency { get; }
}
