using StreamFlow.Samples;

namespace SensorAlerts;

/// <summary>What must come of the plan, and what an independent consumer reads from the result topics.</summary>
internal sealed class SensorBooks
{
    private static readonly long MinuteMs = (long)Pipeline.WindowSize.TotalMilliseconds;
    private readonly string _run;
    private readonly BookSum _in;
    private readonly BookTable<DeviceMinute, Minute> _minutes;
    private readonly BookTable<string, string> _refused;
    private readonly BookSum _unreadable;
    private readonly BookOnce<string> _alerts;
    private readonly Dictionary<DeviceMinute, long> _counted = [];

    public SensorBooks(SampleRun run, SensorBoard board)
    {
        _run = run.Id;
        _in = run.Books.Sum("messages in = aggregated + refused + unreadable");
        _minutes = run.Books.Table<DeviceMinute, Minute>("minutes of devices, with number, sum, least and most");
        _refused = run.Books.Table<string, string>("readings refused, with the reason");
        _unreadable = run.Books.Sum("messages unreadable");
        _alerts = run.Books.Once<string>("alerts planned, each once");
        run.Books.Read(Pipeline.DeviceMinutes, record => See(record, board), earlier: record =>
        {
            SeenUntil = record.Time > SeenUntil ? record.Time : SeenUntil;
        });
        run.Books.Read(Pipeline.RefusedReadings, record => SeeRefused(record, board));
        run.Books.Read(Pipeline.Unreadable, SeeUnreadable);
        run.Books.Read(Pipeline.Alerts, record => SeeAlert(record, board));
    }

    /// <summary>Event time up to which earlier runs on these brokers have come.</summary>
    public DateTimeOffset SeenUntil { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <summary>The bridge has written a message.</summary>
    public void ExpectIn() => _in.Expect();

    public void ExpectMeasured(string device, long atMs, double celsius) =>
        _minutes.Expect(new(device, atMs / MinuteMs * MinuteMs), minute => minute.Plus(celsius), Minute.None);

    public void ExpectRefused(string device, long sequence, string why) => _refused.Expect($"{device} {sequence}", why);

    public void ExpectUnreadable() => _unreadable.Expect();

    public void ExpectAlert(string device, AlertKind kind, long sinceMs) => _alerts.Expect($"{device} {kind} {sinceMs}");

    private bool IsOfRun(SeenRecord record) => record.Key.StartsWith(_run, StringComparison.Ordinal);

    private void See(SeenRecord record, SensorBoard board)
    {
        if (!IsOfRun(record))
        {
            return;
        }

        var (device, start) = record.WindowedKey;
        var key = new DeviceMinute(device, start.ToUnixTimeMilliseconds());
        var minute = record.Value<Minute>();
        _in.See(minute.Count - _counted.GetValueOrDefault(key));
        _counted[key] = minute.Count;
        _minutes.See(key, minute);
        board.Show(key, minute);
    }

    private void SeeRefused(SeenRecord record, SensorBoard board)
    {
        if (IsOfRun(record))
        {
            var refused = record.Value<Refused>();
            _in.See();
            board.ShowRefused();

            // How often a message comes twice is up to MQTT; that none of them is counted twice, the minutes say.
            if (refused.Why != Refusals.Duplicate)
            {
                _refused.See($"{refused.Device} {refused.Reading.Sequence}", refused.Why);
            }
        }
    }

    private void SeeUnreadable(SeenRecord record)
    {
        if (IsOfRun(record))
        {
            _in.See();
            _unreadable.See();
        }
    }

    private void SeeAlert(SeenRecord record, SensorBoard board)
    {
        if (IsOfRun(record))
        {
            var alert = record.Value<Alert>();
            _alerts.See($"{alert.Device} {alert.Kind} {alert.SinceMs}");
            board.Show(alert);
        }
    }
}

/// <summary>A device and the start of a minute.</summary>
internal readonly record struct DeviceMinute(string Device, long StartMs);
