using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using StreamFlow.Measuring;

namespace StreamFlow.Tests.Measuring;

/// <summary>Listens to the instruments of one application.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _applicationId;
    private readonly ConcurrentQueue<Measurement> _pushed = new();
    private readonly List<Measurement> _looked = [];
    private bool _isLooking;

    /// <param name="applicationId">The application.</param>
    public Measured(string applicationId)
    {
        _applicationId = applicationId;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ApplicationMeter.Name
                && instrument.Meter.Tags?.Any(tag => tag.Value is string id && id == applicationId) == true)
            {
                lock (Instruments)
                {
                    Instruments[instrument.Name] = instrument;
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What was published.</summary>
    public Dictionary<string, Instrument> Instruments { get; } = [];

    /// <summary>What was pushed until now.</summary>
    public IEnumerable<Measurement> Pushed => _pushed;

    /// <summary>What is measured at this moment.</summary>
    public IReadOnlyList<Measurement> Look()
    {
        _looked.Clear();
        _isLooking = true;
        _listener.RecordObservableInstruments();
        _isLooking = false;
        return [.. _looked];
    }

    /// <summary>The sum of the measurements of an instrument at this moment that have all of some tags.</summary>
    public double? Sum(string name, params (string Name, object Value)[] tags)
    {
        var fitting = Look().Where(m => m.Name == name && tags.All(t => Equals(m.Tags.GetValueOrDefault(t.Name), t.Value))).ToList();
        return fitting.Count == 0 ? null : fitting.Sum(m => m.Value);
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var measurement = new Measurement(instrument.Name, value, tags.ToArray().ToDictionary());
        Assert.Equal(_applicationId, measurement.Tags[ApplicationMeter.ApplicationTag]);
        if (instrument.IsObservable)
        {
            Assert.True(_isLooking);
            _looked.Add(measurement);
        }
        else
        {
            _pushed.Enqueue(measurement);
        }
    }

    /// <param name="Name">Of the instrument.</param>
    /// <param name="Value">What was measured.</param>
    /// <param name="Tags">With these tags.</param>
    internal sealed record Measurement(string Name, double Value, Dictionary<string, object?> Tags);
}
