using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamFlow.Samples;

namespace SensorAlerts;

/// <summary>A message for MQTT.</summary>
internal readonly record struct Publication(string Device, byte[] Payload);

/// <summary>
/// Plays the sensors by a plan: mostly all is well, now and then a room is too hot or too cold, a device falls silent, publishes
/// twice, measures nonsense or sends half a message. Whoever plans it knows what must come of it, and tells the books.
/// </summary>
internal sealed class SensorPlan
{
    private static readonly string[] Rooms =
    [
        "Boiler room", "Cellar", "Cold store", "Server room", "Kitchen", "Bakery", "Greenhouse", "Workshop", "Library",
        "Archive", "Office 1", "Office 2", "Lobby", "Canteen", "Laboratory", "Clean room", "Paint shop", "Dispatch", "Garage", "Attic",
    ];

    private readonly Sensor[] _sensors;
    private readonly string _stranger;
    private readonly Random _random;
    private readonly SensorBooks _books;
    private long _strangerSequence;

    public SensorPlan(int seed, string run, SensorBooks books)
    {
        (_random, _books) = (new Random(seed), books);
        _sensors = [.. Rooms.Select((room, number) => new Sensor(
            string.Create(CultureInfo.InvariantCulture, $"{run}-{number + 1:D2}"),
            new Device(room, Least: 2 + number, Most: 10 + number, SilentAfterSeconds: 10)))];
        _stranger = $"{run}-99";
    }

    public static int Devices => Rooms.Length;

    /// <summary>Rows for <c>devices</c>: all but the stranger.</summary>
    public IEnumerable<(string Key, Device Row)> Rows => _sensors.Select(sensor => (sensor.Key, sensor.Device));

    /// <summary>What a device publishes in its turn: as a rule one message.</summary>
    public IEnumerable<Publication> Turn(int number, long atMs)
    {
        var sensor = _sensors[number];
        if (sensor.TurnsLeft == 0)
        {
            (sensor.Mood, sensor.TurnsLeft) = NextMood(sensor);
        }

        sensor.TurnsLeft--;
        return sensor.Mood is Mood.Silent ? [] : Measure(sensor, atMs);
    }

    /// <summary>The last turn of all: who is silent comes back, so that nothing is left open.</summary>
    public IEnumerable<Publication> Close(long atMs) => _sensors.Where(s => s.Mood is Mood.Silent).SelectMany(sensor =>
    {
        sensor.Mood = Mood.Well;
        return Good(sensor, atMs);
    });

    private (Mood Mood, int Turns) NextMood(Sensor sensor)
    {
        var mayMisbehave = sensor.Mood is Mood.Well && sensor.LastAtMs > 0;
        return (mayMisbehave ? _random.Next(16) : 15) switch
        {
            0 => (Mood.Hot, _random.Next(5, 15)),
            1 => (Mood.Cold, _random.Next(5, 15)),
            2 => (Mood.Silent, _random.Next(15, 30)), // longer than it may be silent
            3 => (Mood.Silent, _random.Next(2, 5)), // not as long
            _ => (Mood.Well, _random.Next(5, 25)),
        };
    }

    private Publication[] Measure(Sensor sensor, long atMs)
    {
        switch (_random.Next(200))
        {
            case 0:
                _books.ExpectUnreadable();
                return [new(sensor.Key, Encoding.UTF8.GetBytes($$"""{"sequence":{{sensor.Sequence}},"at"""))];
            case 1:
                _books.ExpectRefused(_stranger, ++_strangerSequence, Refusals.UnknownDevice);
                return [.. Good(sensor, atMs), Message(_stranger, new(_strangerSequence, atMs, 20))];
            case 2:
                _books.ExpectRefused(sensor.Key, ++sensor.Sequence, Refusals.Implausible);
                return [Message(sensor.Key, new(sensor.Sequence, atMs, -127))]; // what such sensors measure without a wire
            case 3:
                var message = Good(sensor, atMs).Single();
                return [message, message]; // it has heard no answer to the first
            default:
                return Good(sensor, atMs);
        }
    }

    private Publication[] Good(Sensor sensor, long atMs)
    {
        var device = sensor.Device;
        if (sensor.LastAtMs > 0 && atMs - sensor.LastAtMs > device.SilentAfterSeconds * 1000)
        {
            _books.ExpectAlert(sensor.Key, AlertKind.Silent, sensor.LastAtMs);
        }

        if (sensor.Mood is Mood.Hot or Mood.Cold && sensor.LastMood != sensor.Mood)
        {
            _books.ExpectAlert(sensor.Key, sensor.Mood is Mood.Hot ? AlertKind.TooHot : AlertKind.TooCold, atMs);
        }

        var celsius = Math.Round(sensor.Mood switch
        {
            Mood.Hot => device.Most + 0.5 + (2 * _random.NextDouble()),
            Mood.Cold => device.Least - 0.5 - (2 * _random.NextDouble()),
            _ => ((device.Least + device.Most) / 2) + (1.5 * Math.Sin(atMs / 60_000.0)) + _random.NextDouble() - 0.5,
        }, 1);
        (sensor.LastAtMs, sensor.LastMood) = (atMs, sensor.Mood);
        _books.ExpectMeasured(sensor.Key, atMs, celsius);
        return [Message(sensor.Key, new(++sensor.Sequence, atMs, celsius))];
    }

    private static Publication Message(string device, Reading reading) =>
        new(device, JsonSerializer.SerializeToUtf8Bytes(reading, SampleJson.Options));

    private enum Mood
    {
        Well,
        Hot,
        Cold,
        Silent,
    }

    private sealed class Sensor(string key, Device device)
    {
        public string Key { get; } = key;

        public Device Device { get; } = device;

        public Mood Mood { get; set; }

        public int TurnsLeft { get; set; } = 5;

        /// <summary>Of the last reading that is not refused.</summary>
        public Mood LastMood { get; set; }

        public long LastAtMs { get; set; }

        public long Sequence { get; set; }
    }
}
