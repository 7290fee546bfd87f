using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace StreamFlow.Cli.Serving;

/// <summary>
/// The instruments of one meter in Prometheus' text format, by the names that OpenTelemetry's exporter gives them, so that the
/// dashboard and the alerts of an application's broker serve this one too.
/// </summary>
internal sealed class PrometheusMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, PrometheusFamily> _families = new();
    private readonly Lock _collecting = new();

    /// <summary>Listens from now on.</summary>
    public PrometheusMetrics(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter)
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static i => new PrometheusFamily(i)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, state) => _families.TryRemove(instrument, out PrometheusFamily? _);
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((PrometheusFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((PrometheusFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((PrometheusFamily)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>All values at this moment.</summary>
    public string Text()
    {
        // Two at once would each take away what the other has collected.
        lock (_collecting)
        {
            foreach (PrometheusFamily family in _families.Values)
            {
                family.BeginCollection();
            }

            _listener.RecordObservableInstruments();
            StringBuilder text = new();
            foreach (PrometheusFamily family in _families.Values.OrderBy(static f => f.Name, StringComparer.Ordinal))
            {
                family.Write(text);
            }

            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>A number as Prometheus reads it.</summary>
    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
