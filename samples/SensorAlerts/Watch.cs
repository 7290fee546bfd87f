using System.Globalization;
using StreamFlow;
using StreamFlow.State;

namespace SensorAlerts;

/// <summary>
/// Tells when a temperature leaves its bounds, and when a device falls silent. Silence is measured in event time: while the
/// other devices of its partition go on, a device that does not is silent; when the whole stream stands still, nobody is.
/// </summary>
internal sealed class Watch : ContextualProcessor<string, Judged, string, Alert>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private IKeyValueStore<string, Watched> _devices = null!;

    public override void Init(ProcessorContext<string, Alert> context)
    {
        base.Init(context);
        _devices = context.GetStateStore<IKeyValueStore<string, Watched>>(Pipeline.WatchedDevices);
        context.Schedule(Interval, PunctuationType.StreamTime, LookForSilence);
    }

    public override void Process(Record<string, Judged> record)
    {
        var (reading, device) = (record.Value.Reading, record.Value.Device!);
        _devices.TryGet(record.Key, out var before);

        // It may be back before the silence was looked for.
        if (before is { IsSilent: false } && IsSilent(before, record.Timestamp))
        {
            TellSilence(record.Key, before, record.Timestamp);
        }

        var breach = Breach(reading.Celsius, device);
        if (breach is { } kind && breach != before?.Breach)
        {
            var bound = kind == AlertKind.TooHot ? device.Most : device.Least;
            Tell(new Alert(record.Key, device.Room, kind, reading.AtMs, Text(
                $"{reading.Celsius:F1} °C, {(kind == AlertKind.TooHot ? "above" : "below")} {bound:F1} °C")), record.Timestamp);
        }

        _devices.Put(record.Key, new Watched(device, reading.AtMs, breach, IsSilent: false), record.Timestamp);
    }

    private static AlertKind? Breach(double celsius, Device device) =>
        celsius > device.Most ? AlertKind.TooHot : celsius < device.Least ? AlertKind.TooCold : null;

    private static bool IsSilent(Watched device, long now) => now - device.AtMs > device.Device.SilentAfterSeconds * 1000;

    private void LookForSilence(long now)
    {
        foreach (var (key, row) in _devices.All().ToList())
        {
            if (!row.Value.IsSilent && IsSilent(row.Value, now))
            {
                TellSilence(key, row.Value, now);
                _devices.Put(key, row.Value with { IsSilent = true }, row.Timestamp);
            }
        }
    }

    private void TellSilence(string key, Watched device, long now) => Tell(
        new Alert(key, device.Device.Room, AlertKind.Silent, device.AtMs, Text(
            $"nothing for more than {device.Device.SilentAfterSeconds:F0} s")), now);

    private void Tell(Alert alert, long now) => Context.Forward(new Record<string, Alert>(alert.Device, alert, now));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
