using StreamFlow;
using StreamFlow.Samples;

namespace SensorAlerts;

/// <summary>What the page shows.</summary>
internal sealed record SensorPicture(
    double Seconds, long Accepted, long Refused, long Alerts, int MqttPort, IReadOnlyList<DeviceLine> Devices, IReadOnlyList<Alert> LastAlerts);

/// <summary>A device as the page shows it.</summary>
/// <param name="Device">Its key.</param>
/// <param name="Room">Where it hangs.</param>
/// <param name="Least">The lowest temperature that is fine.</param>
/// <param name="Most">The highest temperature that is fine.</param>
/// <param name="AtMs">When the last reading was taken.</param>
/// <param name="IsSilent">Whether it is longer ago than it may be, by the latest reading of all.</param>
/// <param name="Celsius">The last readings, oldest first.</param>
/// <param name="Minute">The minute as it stands.</param>
internal sealed record DeviceLine(
    string Device, string Room, double Least, double Most, long AtMs, bool IsSilent, IReadOnlyList<double> Celsius, Minute? Minute);

/// <summary>Keeps what the page shows: readings as the topology accepts them, minutes and alerts as they are on the topics.</summary>
internal sealed class SensorBoard(SampleRun run) : IObserver<Record<string, Judged>>
{
    private const int ReadingsShown = 60;
    private const int AlertsShown = 12;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly Queue<Alert> _alerts = new();
    private long _accepted;
    private long _refused;
    private long _alertCount;
    private long _latestMs;

    public int MqttPort { get; set; }

    public void OnNext(Record<string, Judged> value)
    {
        lock (_gate)
        {
            var row = RowOf(value.Key);
            (row.Device, row.AtMs) = (value.Value.Device!, value.Value.Reading.AtMs);
            row.Celsius.Enqueue(value.Value.Reading.Celsius);
            if (row.Celsius.Count > ReadingsShown)
            {
                row.Celsius.Dequeue();
            }

            _accepted++;
            _latestMs = Math.Max(_latestMs, row.AtMs);
        }
    }

    public void OnCompleted()
    {
        // The application has ended; the page goes with it.
    }

    public void OnError(Exception error)
    {
        // What ended the application is told by the host.
    }

    public void Show(DeviceMinute key, Minute minute)
    {
        lock (_gate)
        {
            RowOf(key.Device).Minute = minute;
        }
    }

    public void Show(Alert alert)
    {
        lock (_gate)
        {
            _alertCount++;
            _alerts.Enqueue(alert);
            if (_alerts.Count > AlertsShown)
            {
                _alerts.Dequeue();
            }
        }
    }

    public void ShowRefused() => Interlocked.Increment(ref _refused);

    public SensorPicture Picture()
    {
        lock (_gate)
        {
            return new(
                run.Elapsed.TotalSeconds, _accepted, Interlocked.Read(ref _refused), _alertCount, MqttPort,
                [.. _rows.Where(row => row.Value.Device is not null).Select(row => Line(row.Key, row.Value))],
                [.. _alerts.Reverse()]);
        }
    }

    private DeviceLine Line(string key, Row row)
    {
        var device = row.Device!;
        return new(
            key[(key.LastIndexOf('-') + 1)..], device.Room, device.Least, device.Most, row.AtMs,
            _latestMs - row.AtMs > device.SilentAfterSeconds * 1000, [.. row.Celsius], row.Minute);
    }

    private Row RowOf(string device)
    {
        if (!_rows.TryGetValue(device, out var row))
        {
            _rows.Add(device, row = new Row());
        }

        return row;
    }

    private sealed class Row
    {
        public Device? Device { get; set; }

        public long AtMs { get; set; }

        public Queue<double> Celsius { get; } = new();

        public Minute? Minute { get; set; }
    }
}
