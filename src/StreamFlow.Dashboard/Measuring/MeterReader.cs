using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace StreamFlow.Dashboard;

/// <summary>
/// Reads the instruments of one application: what is counted at once from the first moment on, what is asked for when somebody asks.
/// </summary>
internal sealed class MeterReader : IDisposable
{
    private readonly StreamsApplication _application;
    private readonly MeterListener _told = new();
    private readonly MeterListener _always = new();
    private readonly MeterListener _lookedAt = new();
    private readonly ConcurrentDictionary<(string Instrument, ReadingTags Tags), long> _counts = new();
    private readonly ConcurrentDictionary<(bool IsSink, string Operator), LatencyWindow> _latencies = new();
    private List<Reading> _readings = [];

    /// <param name="application">The application, before it is started.</param>
    public MeterReader(StreamsApplication application)
    {
        _application = application;
        Listen(_told, InstrumentNames.Told);
        _told.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
            _counts.AddOrUpdate((instrument.Name, ReadingTags.Of(tags)), count, (_, before) => before + count));
        _told.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) => LatencyOf(instrument, tags).Add(seconds));
        _told.Start();
        Listen(_always, InstrumentNames.Always);
        Listen(_lookedAt, InstrumentNames.WhileLookedAt);
        Record(_always);
        Record(_lookedAt);
    }

    /// <summary>What was counted since the start, by instrument and what it is about.</summary>
    public IReadOnlyDictionary<(string Instrument, ReadingTags Tags), long> Counts => _counts;

    /// <summary>Latencies by operator.</summary>
    public IReadOnlyDictionary<(bool IsSink, string Operator), LatencyWindow> Latencies => _latencies;

    /// <summary>Asks for what the history needs.</summary>
    public IReadOnlyList<Reading> ReadAlways() => Read(_always);

    /// <summary>Asks for what else is shown.</summary>
    public IReadOnlyList<Reading> ReadWhileLookedAt() => Read(_lookedAt);

    public void Dispose()
    {
        _told.Dispose();
        _always.Dispose();
        _lookedAt.Dispose();
    }

    private static LatencyWindow New((bool IsSink, string Operator) of) => new();

    private LatencyWindow LatencyOf(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _latencies.GetOrAdd(
            (instrument.Name == InstrumentNames.SinkLatency, ReadingTags.Of(tags).Operator ?? string.Empty), New);

    /// <summary>All applications of a process have meters of one name; the scope tells whose one is.</summary>
    private void Listen(MeterListener listener, HashSet<string> names) => listener.InstrumentPublished = (instrument, self) =>
    {
        if (instrument.Meter.Name == InstrumentNames.Meter
            && ReferenceEquals(instrument.Meter.Scope, _application)
            && names.Contains(instrument.Name))
        {
            self.EnableMeasurementEvents(instrument);
        }
    };

    private void Record(MeterListener listener)
    {
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _readings.Add(new Reading(instrument.Name, ReadingTags.Of(tags), value));

    private List<Reading> Read(MeterListener listener)
    {
        _readings = [];
        listener.RecordObservableInstruments();
        return _readings;
    }
}
