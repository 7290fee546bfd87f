using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using StreamFlow.Broker;

namespace StreamFlow.Samples;

/// <summary>The web host of a sample: its applications, its page, the live page and what Prometheus asks for; on loopback unless told otherwise.</summary>
internal static class SampleWeb
{
    private const int DefaultPort = 5080;
    private const string LivePage = "/streamflow";
    private const int PortsTried = 20;

    public static WebApplication Build(SampleRun run, ISample sample, EmbeddedBroker? broker)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });

        // Generators make mistakes on purpose: they are counted and shown, not logged one by one.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("StreamFlow", LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(run.Settings.Listen, Port(run.Settings.Port)));
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = SampleJson.Options.PropertyNamingPolicy;
            foreach (var converter in SampleJson.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });

        // On loopback, a page of elsewhere whose name is made to point here reads nothing.
        builder.Services.Configure<HostFilteringOptions>(
            o => o.AllowedHosts = IsForThisMachine(run.Settings) ? ["localhost", "127.0.0.1", "[::1]"] : ["*"]);
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddStreamFlow().AddPrometheusExporter());
        builder.Services.AddHealthChecks().AddStreamFlow();
        builder.Services.AddSingleton(run);
        if (broker is not null)
        {
            builder.Services.AddSingleton(broker); // an instance of ours: the host does not end it
        }

        sample.AddServices(builder.Services, run);
        builder.Services.AddSingleton(new ApplicationNames(ApplicationsOf(builder.Services)));

        var app = builder.Build();
        run.Services = app.Services;
        app.UseHostFiltering();
        SamplePage.Map(app, sample.GetType().Assembly);
        app.MapHealthChecks("/health");
        app.MapPrometheusScrapingEndpoint("/metrics");
        if (IsForThisMachine(run.Settings))
        {
            app.MapStreamFlow(LivePage); // for others it would need somebody who says who may see it
        }

        sample.MapPage(app, run);
        return app;
    }

    private static bool IsForThisMachine(SampleSettings settings) => IPAddress.IsLoopback(settings.Listen);

    /// <summary>Starts to listen, and says where before anything else is said.</summary>
    public static async Task StartAsync(WebApplication host, ISample sample, TextWriter output)
    {
        try
        {
            await host.StartAsync();
        }
        catch (IOException exception)
        {
            throw new SampleException($"--port: {exception.Message} Give another, or 0 for a free one.");
        }

        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var livePage = IsForThisMachine(host.Services.GetRequiredService<SampleRun>().Settings) ? $"  live page {address}{LivePage}/" : "";
        await output.WriteLineAsync($"page {address}/{livePage}");
        await output.FlushAsync();
    }

    /// <summary>Waits until all applications are running.</summary>
    public static async Task RunningAsync(SampleRun run, CancellationToken stop)
    {
        while (!Applications(run.Services).All(a => a.Status.State == StreamsState.Running))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), run.Time, stop);
        }
    }

    public static bool HasFailed(IServiceProvider services) =>
        Applications(services).Any(a => a.State is StreamsState.Error or StreamsState.PendingError);

    private static IEnumerable<StreamsApplication> Applications(IServiceProvider services) =>
        services.GetRequiredService<ApplicationNames>().Names.Select(name => services.GetRequiredKeyedService<StreamsApplication>(name));

    /// <summary>Each is a service under its name.</summary>
    private static List<string> ApplicationsOf(IServiceCollection services) =>
        [.. services.Where(s => s.IsKeyedService && s.ServiceType == typeof(StreamsApplication)).Select(s => (string)s.ServiceKey!)];

    /// <summary>The port that was asked for, or the first from 5080 on that nobody listens at.</summary>
    private static int Port(int? asked)
    {
        if (asked is { } port)
        {
            return port;
        }

        for (var candidate = DefaultPort; candidate < DefaultPort + PortsTried; candidate++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, candidate);
            try
            {
                probe.Start();
                return candidate;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another sample has it, say.
            }
        }

        return 0;
    }

    private sealed record ApplicationNames(IReadOnlyList<string> Names);
}
