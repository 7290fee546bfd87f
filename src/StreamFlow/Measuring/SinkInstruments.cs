using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>A sink of a task.</summary>
/// <param name="instruments">What is measured of it.</param>
/// <param name="clock">Set where the age of each record is measured.</param>
/// <param name="task">The task's tags.</param>
/// <param name="node">Name of the sink.</param>
/// <param name="topic">Where it sends to; empty when its records choose.</param>
internal sealed class SinkCounts(
    SinkInstruments instruments, TimeProvider? clock, KeyValuePair<string, object?>[] task, string node, string topic)
    : NodeCounts(instruments.Latency, clock, topic.Length == 0
        ? [.. task, new("operator", node)]
        : [.. task, new("operator", node), new("topic", topic)]);

/// <summary>What is measured of sinks.</summary>
internal sealed class SinkInstruments
{
    public SinkInstruments(Meter meter)
    {
        All = new LiveSet<SinkCounts>(meter);
        Latency = meter.CreateHistogram(
            "streamflow.sink.latency", "s", "From a result's event time to its way out of the task; in samples.",
            tags: null, DurationBuckets.Advice);
        All.Counter("streamflow.sink.produced", "{record}", "Results that were sent.", s => s.Records);
        All.Counter("streamflow.sink.produced.size", "By", "Bytes of their keys and values.", s => s.Bytes);
    }

    /// <summary>The sinks of the tasks that run.</summary>
    public LiveSet<SinkCounts> All { get; }

    public Histogram<double> Latency { get; }
}
