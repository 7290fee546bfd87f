using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace StreamFlow.Measuring;

/// <summary>
/// Records that came in by a source or went out by a sink. How old they are is measured of the last one of some runs, and of each
/// at <see cref="MetricsLevel.Debug"/>.
/// </summary>
/// <param name="latency">Gets the ages.</param>
/// <param name="clock">Set where each record is measured; null: samples are.</param>
/// <param name="tags">Which source or sink it is.</param>
internal abstract class NodeCounts(
    Histogram<double> latency, TimeProvider? clock, params KeyValuePair<string, object?>[] tags) : Counts(tags)
{
    private long _records;
    private long _bytes;
    private long _lastTime;
    private long _sampled;

    public long Records => Volatile.Read(ref _records);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>One record; called for each, so it does no more than it must.</summary>
    /// <param name="timestamp">Its event time.</param>
    /// <param name="bytes">Bytes of its key and value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(long timestamp, int bytes)
    {
        _records++;
        _bytes += bytes;
        _lastTime = timestamp;
        if (clock is not null)
        {
            Sample(clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    /// <summary>Measures the last record, if it is not measured yet.</summary>
    /// <param name="now">Milliseconds since 1970-01-01T00:00Z.</param>
    public Exception? Sample(long now)
    {
        if (_sampled == _records)
        {
            return null;
        }

        _sampled = _records;
        return ApplicationMeter.Record(latency, Math.Max(0, now - _lastTime) / 1000.0, Tags);
    }
}
