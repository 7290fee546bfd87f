using StreamFlow;
using StreamFlow.Samples;
using StreamFlow.Serialization;

namespace SensorAlerts;

/// <summary>What a sensor publishes, and what is on <c>readings</c>, keyed by the device.</summary>
/// <param name="Sequence">Number of the reading, growing by one: a reading that is published twice has the same.</param>
/// <param name="AtMs">When it was taken: the event time.</param>
/// <param name="Celsius">The temperature.</param>
internal sealed record Reading(long Sequence, long AtMs, double Celsius);

/// <summary>A row of <c>devices</c>, keyed by the device.</summary>
/// <param name="Room">Where it hangs.</param>
/// <param name="Least">The lowest temperature that is fine.</param>
/// <param name="Most">The highest temperature that is fine.</param>
/// <param name="SilentAfterSeconds">How long it may say nothing.</param>
internal sealed record Device(string Room, double Least, double Most, double SilentAfterSeconds);

/// <summary>A reading with the device it comes from, and the reason if it is refused.</summary>
internal sealed record Judged(Reading Reading, Device? Device, string? Refusal);

/// <summary>Why a reading is refused.</summary>
internal static class Refusals
{
    public const string UnknownDevice = "unknown device";
    public const string Implausible = "implausible";
    public const string Duplicate = "duplicate";
}

/// <summary>What leaves on <c>refused-readings</c>.</summary>
internal sealed record Refused(string Device, Reading Reading, string Why);

/// <summary>A minute of a device, as it leaves on <c>device-minutes</c>.</summary>
internal sealed record Minute(long Count, double Sum, double Least, double Most)
{
    public static readonly Minute None = new(0, 0, double.MaxValue, double.MinValue);

    public double Average => Count == 0 ? 0 : Sum / Count;

    public Minute Plus(double celsius) => new(Count + 1, Sum + celsius, Math.Min(Least, celsius), Math.Max(Most, celsius));
}

/// <summary>What may be wrong with a device.</summary>
internal enum AlertKind
{
    TooCold,
    TooHot,
    Silent,
}

/// <summary>What leaves on <c>sensor-alerts</c>: one for each time that it begins.</summary>
/// <param name="Device">The device.</param>
/// <param name="Room">Where it hangs.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="SinceMs">Time of the first reading out of bounds, or of the last reading before the silence.</param>
/// <param name="Why">In words.</param>
internal sealed record Alert(string Device, string Room, AlertKind Kind, long SinceMs, string Why);

/// <summary>What is remembered of a device between its readings.</summary>
/// <param name="Device">Its row when the last reading came.</param>
/// <param name="AtMs">When that was taken.</param>
/// <param name="Breach">What is wrong with its temperature; null when nothing is.</param>
/// <param name="IsSilent">Whether its silence has been told.</param>
internal sealed record Watched(Device Device, long AtMs, AlertKind? Breach, bool IsSilent);

internal static class SensorSerdes
{
    public static void Register(SerdeRegistry serdes)
    {
        serdes.Add(SampleJson.Serde<Reading>());
        serdes.Add(SampleJson.Serde<Device>());
        serdes.Add(SampleJson.Serde<Judged>());
        serdes.Add(SampleJson.Serde<Refused>());
        serdes.Add(SampleJson.Serde<Minute>());
        serdes.Add(SampleJson.Serde<Alert>());
        serdes.Add(SampleJson.Serde<Watched>());
    }
}
