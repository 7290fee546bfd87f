using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using StreamFlow.Broker.Measuring;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>Listens to the instruments of one broker.</summary>
internal sealed class MeasuredBroker : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measurement> _pushed = new();
    private readonly List<Measurement> _looked = [];

    /// <param name="address">Where its clients connect.</param>
    public MeasuredBroker(string address)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == BrokerMeter.Name
                && instrument.Meter.Tags?.Any(tag => tag is { Key: BrokerMeter.AddressTag, Value: string own } && own == address) == true)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(address, instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(address, instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What was pushed until now, and what is measured at this moment.</summary>
    public List<Measurement> All()
    {
        _looked.Clear();
        _listener.RecordObservableInstruments();
        return [.. _pushed, .. _looked];
    }

    /// <summary>The sum of the measurements that have all of some tags; null when there are none.</summary>
    public double? Sum(string name, params (string Name, string Value)[] tags) =>
        Of(name, tags) is { Count: > 0 } found ? found.Sum(m => m.Value) : null;

    public int Count(string name, params (string Name, string Value)[] tags) => Of(name, tags).Count;

    public void Dispose() => _listener.Dispose();

    private List<Measurement> Of(string name, (string Name, string Value)[] tags) =>
        [.. All().Where(m => m.Instrument.Name == name && tags.All(tag => Equals(m.Tags.GetValueOrDefault(tag.Name), tag.Value)))];

    private void Take(string address, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Measurement measurement = new(instrument, value, tags.ToArray().ToDictionary());
        Assert.Equal(address, measurement.Tags[BrokerMeter.AddressTag]);
        if (instrument.IsObservable)
        {
            _looked.Add(measurement);
        }
        else
        {
            _pushed.Enqueue(measurement);
        }
    }

    /// <param name="Instrument">What was measured.</param>
    /// <param name="Value">How much.</param>
    /// <param name="Tags">With these tags.</param>
    internal sealed record Measurement(Instrument Instrument, double Value, Dictionary<string, object?> Tags);
}
