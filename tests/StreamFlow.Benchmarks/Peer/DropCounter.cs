using System.Diagnostics.Metrics;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>Adds up the records the engine leaves out, from its metric.</summary>
internal sealed class DropCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _dropped;

    public DropCounter()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "StreamFlow", Name: "streamflow.task.dropped" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _dropped, count));
        _listener.Start();
    }

    public long Total => Interlocked.Read(ref _dropped);

    public void Dispose() => _listener.Dispose();
}
