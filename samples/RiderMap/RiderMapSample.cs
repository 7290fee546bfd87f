using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StreamFlow;
using StreamFlow.Samples;

namespace RiderMap;

/// <summary>The sample: its topics, its application, its map, and the city that it shows.</summary>
/// <param name="riders">How many ride.</param>
internal sealed class RiderMapSample(int riders = 1000) : ISample
{
    private const string Application = "rider-map";
    private RiderBooks? _books;

    public string Name => Application;

    public string Summary => "A thousand riders on a live map: latest positions, riders per zone, deliveries joined with their riders.";

    /// <summary>Each of a thousand riders pushes every five seconds.</summary>
    public int DefaultRate => 200;

    public IReadOnlyList<SampleTopic> Topics =>
    [
        new(Pipeline.Positions),
        Table(Pipeline.Deliveries),
        Table(Pipeline.Riders),
        Table(Pipeline.RidersPerZone),
        Table(Pipeline.TrackedDeliveries),
        new(Pipeline.Departures),
    ];

    public void AddServices(IServiceCollection services, SampleRun run)
    {
        _books = new RiderBooks(run.Books);

        // Riders move while an answer to the join is on its way; that such answers are left out is told as a warning, which is none here.
        services.AddLogging(logging => logging.AddFilter("StreamFlow.StreamsApplication", LogLevel.Error));
        services.AddStreamFlow(Application, (topology, _) => Pipeline.Describe(topology), run.Configure);
    }

    public void MapPage(IEndpointRouteBuilder endpoints, SampleRun run) =>
        endpoints.MapChanges("/live", endpoints.ServiceProvider.GetRequiredKeyedService<StreamsApplication>(Application));

    public async Task GenerateAsync(SampleRun run, CancellationToken stop)
    {
        foreach (var delivery in _books!.Abandoned)
        {
            Send(new Happening(Pipeline.Deliveries, delivery, null));
        }

        var city = new Simulation(run.Settings.Seed, riders, run.Id);
        await foreach (var _ in run.TurnsAsync(stop))
        {
            foreach (var happening in city.Push())
            {
                Send(happening);
            }
        }

        run.Sender.Flush();

        void Send(Happening happening)
        {
            _books.Expect(happening);
            run.Sender.Send(happening.Topic, happening.Key, happening.Value);
        }
    }

    private static SampleTopic Table(string name) => new(name) { Configs = new() { ["cleanup.policy"] = "compact" } };
}
