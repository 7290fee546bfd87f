using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>An operator that holds updates back.</summary>
/// <param name="task">The task's tags.</param>
/// <param name="node">Name of the operator.</param>
internal sealed class SuppressCounts(KeyValuePair<string, object?>[] task, string node) : Counts([.. task, new("operator", node)])
{
    public long Emitted { get; set; }

    public long Buffered { get; set; }

    /// <summary>Bytes of what is held back; null where the operator has no limit and so does not count them.</summary>
    public long? Bytes { get; set; }
}

/// <summary>What is measured of operators that hold updates back.</summary>
internal sealed class SuppressInstruments
{
    public SuppressInstruments(Meter meter)
    {
        All = new LiveSet<SuppressCounts>(meter);
        All.Counter("streamflow.suppress.emitted", "{record}", "Updates that were let go.", s => s.Emitted);
        All.Gauge<long>("streamflow.suppress.buffered", "{record}", "Updates that are held back.", s => s.Buffered);
        All.Gauge<long>("streamflow.suppress.buffered.size", "By", "Bytes of them, where the buffer is limited.", s => s.Bytes);
    }

    /// <summary>The operators of the tasks that run.</summary>
    public LiveSet<SuppressCounts> All { get; }
}
