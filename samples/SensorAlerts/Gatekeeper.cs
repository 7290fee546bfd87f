using StreamFlow;
using StreamFlow.State;

namespace SensorAlerts;

/// <summary>
/// Refuses what must not be counted. MQTT delivers at least once, and so do sensors that publish again when they get no
/// answer: what comes twice is known by its number.
/// </summary>
internal sealed class Gatekeeper : ContextualFixedKeyProcessor<string, Judged, Judged>
{
    private const double ColdestPlausible = -60;
    private const double HottestPlausible = 90;
    private IKeyValueStore<string, long> _lastSequences = null!;

    public override void Init(FixedKeyProcessorContext<string, Judged> context)
    {
        base.Init(context);
        _lastSequences = context.GetStateStore<IKeyValueStore<string, long>>(Pipeline.LastSequences);
    }

    public override void Process(FixedKeyRecord<string, Judged> record) =>
        Context.Forward(record.WithValue(record.Value with { Refusal = Refusal(record.Key, record.Value, record.Timestamp) }));

    private string? Refusal(string device, Judged judged, long timestamp)
    {
        if (judged.Device is null)
        {
            return Refusals.UnknownDevice;
        }

        var reading = judged.Reading;
        if (_lastSequences.TryGet(device, out var last) && reading.Sequence <= last)
        {
            return Refusals.Duplicate;
        }

        _lastSequences.Put(device, reading.Sequence, timestamp);
        return reading.Celsius is >= ColdestPlausible and <= HottestPlausible ? null : Refusals.Implausible;
    }
}
