using System.CommandLine;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow;
using StreamFlow.Hosting;
using StreamFlow.Reactive;
using StreamFlow.Samples;

namespace SensorAlerts;

/// <summary>The sample: sensors publish to MQTT, a bridge brings it to Kafka, the topology finds out what is wrong.</summary>
internal sealed class SensorSample : ISample
{
    /// <summary>Messages that may be between the sensors and Kafka; far fewer than the MQTT broker keeps.</summary>
    private const int MostOnTheWay = 1000;
    private static readonly Dictionary<string, string> KeptForEver = new() { ["retention.ms"] = "-1" };

    private static readonly Option<int?> MqttPortOption = new("--mqtt-port")
    {
        Description = "Port of the MQTT broker, on this machine only; 0 for a free one (default: 1883, or the next that is free)",
    };

    public string Name => Pipeline.Application;

    public string Summary => "Sensors publish to MQTT; a minute's average of each, and alerts when a room is too hot or a device silent.";

    /// <summary>A reading of each device per second.</summary>
    public int DefaultRate => SensorPlan.Devices;

    /// <summary>Event time may be that of another day: the topics must not drop "old" records by the clock.</summary>
    public IReadOnlyList<SampleTopic> Topics { get; } =
    [
        new(Pipeline.Readings, Partitions: 2) { Configs = KeptForEver },
        new(Pipeline.Devices, Partitions: 2) { Configs = new() { ["cleanup.policy"] = "compact" } },
        new(Pipeline.DeviceMinutes, Partitions: 2) { Configs = KeptForEver },
        new(Pipeline.RefusedReadings, Partitions: 1) { Configs = KeptForEver },
        new(Pipeline.Unreadable, Partitions: 1) { Configs = KeptForEver },
        new(Pipeline.Alerts, Partitions: 1) { Configs = KeptForEver },
    ];

    public IReadOnlyList<Option> Options => [MqttPortOption];

    /// <summary>Whether a message is published. A test that says no sees that the books tell.</summary>
    internal Predicate<Publication> Publishes { get; init; } = _ => true;

    /// <summary>The port without a command line.</summary>
    internal int? MqttPort { get; init; }

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        var board = new SensorBoard(run);
        services.AddSingleton(board).AddSingleton(new SensorBooks(run, board));
        services.AddSingleton(new MqttPort(run.Settings.Value(MqttPortOption) ?? MqttPort));
        services.AddSingleton<MqttGateway>().AddHostedService(provider => provider.GetRequiredService<MqttGateway>());
        services.AddStreamFlow(
            Pipeline.Application,
            (topology, _) => Pipeline.Describe(topology).AsObservable().Subscribe(board),
            options =>
            {
                run.Configure(options);
                options.Streams.DeserializationErrorHandler = static (in ErrorContext _) => ErrorResponse.DeadLetter;
                options.Streams.DeadLetterTopic = Pipeline.Unreadable;
            });
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run) =>
        endpoints.MapFeed("/live", endpoints.ServiceProvider.GetRequiredService<SensorBoard>().Picture, TimeSpan.FromMilliseconds(500));

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        var books = run.Services.GetRequiredService<SensorBooks>();
        var gateway = run.Services.GetRequiredService<MqttGateway>();
        var clock = EventClock.For(run, TimeSpan.FromSeconds(1), SensorPlan.Devices, books.SeenUntil);
        var plan = new SensorPlan(run.Settings.Seed, run.Id, books);
        await RegisterAsync(run, plan, clock.Start);

        using var fleet = new SensorFleet(gateway.Port);
        var messages = new List<Publication>();
        long step = 0;
        await foreach (var turn in run.TurnsAsync(stop))
        {
            if (turn / SensorPlan.Devices > step)
            {
                // All of a second are with the MQTT broker before the first of the next one: no device is ahead of another.
                await PublishAsync(run, fleet, gateway, messages);
                await clock.WaitAsync(++step, stop);
            }

            messages.AddRange(plan.Turn((int)(turn % SensorPlan.Devices), clock.At(step)));
        }

        await PublishAsync(run, fleet, gateway, messages);
        messages.AddRange(plan.Close(clock.At(step + 1)));
        await PublishAsync(run, fleet, gateway, messages);
        while (gateway.Written < fleet.Published)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), run.Time, CancellationToken.None);
        }
    }

    /// <summary>
    /// Writes the rows of the devices, and waits until a query finds them: then they are there before the first reading. Their time
    /// is that of the first reading, since a table's rows move stream time as all records do.
    /// </summary>
    private static async Task RegisterAsync(SampleRun run, SensorPlan plan, DateTimeOffset time)
    {
        using (var sender = new RecordSender(run.BootstrapServers))
        {
            foreach (var (key, row) in plan.Rows)
            {
                sender.Send(Pipeline.Devices, key, row, time);
            }

            sender.Flush();
        }

        var application = run.Services.GetRequiredKeyedService<StreamsApplication>(Pipeline.Application);
        var devices = application.Stores.KeyValue<string, Device>(Pipeline.Devices);
        foreach (var (key, _) in plan.Rows)
        {
            while (!devices.TryGet(key, out _))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), run.Time, CancellationToken.None);
            }
        }
    }

    private async Task PublishAsync(SampleRun run, SensorFleet fleet, MqttGateway gateway, List<Publication> messages)
    {
        await fleet.PublishAsync([.. messages.Where(message => Publishes(message))]);
        messages.Clear();
        while (fleet.Published - gateway.Written > MostOnTheWay)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), run.Time, CancellationToken.None);
        }
    }
}
