using StreamFlow;
using StreamFlow.State;

namespace SensorAlerts;

/// <summary>
/// The topology: readings meet the row of their device, some are refused, the others are summed up per device and minute and
/// watched for temperatures out of bounds and for silence. Nothing changes its key, so there is no repartition topic.
/// </summary>
internal static class Pipeline
{
    public const string Application = "sensor-alerts";
    public const string Readings = "readings";
    public const string Unreadable = "readings-unreadable";
    public const string Devices = "devices";
    public const string RefusedReadings = "refused-readings";
    public const string DeviceMinutes = "device-minutes";
    public const string Alerts = "sensor-alerts";
    public const string LastSequences = "last-sequences";
    public const string WatchedDevices = "watched-devices";
    public static readonly TimeSpan WindowSize = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <returns>The readings that were not refused, for whoever wants to look on.</returns>
    public static KStream<string, Judged> Describe(StreamsBuilder builder)
    {
        SensorSerdes.Register(builder.Serdes);
        var devices = builder.Table<string, Device>(Devices, materialized: new() { Name = Devices });

        var judged = builder
            .Stream<string, Reading>(Readings, new() { TimestampExtractor = (record, _) => record.Value?.AtMs ?? record.Timestamp })
            .LeftJoin(devices, (reading, device) => new Judged(reading, device?.Value, null))
            .ProcessValues(() => new Gatekeeper(), new()
            {
                Name = "gatekeeper",
                Stores = [new KeyValueStoreBuilder<string, long>(LastSequences)],
            });

        judged.Filter((_, reading) => reading.Refusal is not null)
            .MapValues((device, reading) => new Refused(device, reading.Reading, reading.Refusal!))
            .To(RefusedReadings);

        var accepted = judged.Filter((_, reading) => reading.Refusal is null);
        accepted.GroupByKey()
            .WindowedBy(TumblingWindows.Of(WindowSize, Grace))
            .Aggregate(() => Minute.None, (_, reading, minute) => minute.Plus(reading.Reading.Celsius), new() { Name = "minutes" })
            .ToStream()
            .To(DeviceMinutes);

        accepted
            .Process(() => new Watch(), new()
            {
                Name = "watch",
                Stores = [new KeyValueStoreBuilder<string, Watched>(WatchedDevices)],
            })
            .To(Alerts);
        return accepted;
    }
}
