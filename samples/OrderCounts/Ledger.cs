using System.Diagnostics.Metrics;

namespace OrderCounts;

/// <summary>
/// The books: every generated order must turn up as counted, filtered, late or malformed. Written by the generator, the
/// topology's own functions and the engine's counters; read by the display and the summary.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _generated;
    private long _generatedPlaced;
    private long _generatedLate;
    private long _generatedMalformed;
    private long _counted;
    private long _filtered;
    private long _late;
    private long _malformed;

    public Ledger()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "StreamFlow" && instrument.Name == "streamflow.task.dropped")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Dropped(count, tags));
        _listener.Start();
    }

    public long Generated => Interlocked.Read(ref _generated);

    public long GeneratedPlaced => Interlocked.Read(ref _generatedPlaced);

    public long GeneratedLate => Interlocked.Read(ref _generatedLate);

    public long GeneratedMalformed => Interlocked.Read(ref _generatedMalformed);

    public long Counted => Interlocked.Read(ref _counted);

    public long Filtered => Interlocked.Read(ref _filtered);

    public long Late => Interlocked.Read(ref _late);

    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Orders that turned up in the topology.</summary>
    public long Seen => Counted + Filtered + Late + Malformed;

    /// <summary>Orders sent that the topology has not seen; the generator keeps them below a limit.</summary>
    public long InFlight => Generated - Seen;

    public void AddGenerated(GeneratedOrder order)
    {
        Interlocked.Increment(ref _generated);
        if (order.Kind == OrderKind.Malformed)
        {
            Interlocked.Increment(ref _generatedMalformed);
        }
        else if (order.IsPlaced)
        {
            Interlocked.Increment(ref _generatedPlaced);
            if (order.Kind == OrderKind.Late)
            {
                Interlocked.Increment(ref _generatedLate);
            }
        }
    }

    public void AddCounted() => Interlocked.Increment(ref _counted);

    public void AddFiltered() => Interlocked.Increment(ref _filtered);

    public void Dispose() => _listener.Dispose();

    private void Dropped(long count, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "reason")
            {
                switch (tag.Value)
                {
                    case "late":
                        Interlocked.Add(ref _late, count);
                        break;
                    case "deserialization":
                        Interlocked.Add(ref _malformed, count);
                        break;
                }
            }
        }
    }
}
