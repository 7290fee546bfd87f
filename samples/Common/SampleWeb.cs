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
using StreamFlow.Dashboard;

namespace StreamFlow.Samples;

/// <summary>The web host of a sample: its applications, its page, the live page and what Prometheus asks for; on loopback unless told otherwise.</summary>
internal static class SampleWeb
{
    private const string LivePage = "/streamflow";

    public static WebApplication Build(SampleRun run, ISample sample, EmbeddedBroker? broker)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });

        // Generators make mistakes on purpose: they are counted and shown, not logged one by one.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("StreamFlow", LogLevel.Error);
        var socket = Listen(run.Settings);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(run.Settings.Listen, PageSocket.PortOf(socket)))
            .UseSockets(sockets => sockets.CreateBoundListenSocket = _ => socket);
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
            o => o.AllowedHosts = IPAddress.IsLoopback(run.Settings.Listen) ? ["localhost", "127.0.0.1", "[::1]"] : ["*"]);
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
        SamplePage.Map(app, sample.PageAssembly);
        app.MapHealthChecks("/health");
        app.MapPrometheusScrapingEndpoint("/metrics");
        if (ShowsLivePage(run.Settings))
        {
            app.MapStreamFlow(LivePage, new DashboardOptions { ShowRecords = broker is not null });
        }

        sample.MapPage(app, run);
        return app;
    }

    /// <summary>Starts to listen, and says where before anything else is said.</summary>
    public static async Task StartAsync(WebApplication host, SampleSettings settings, TextWriter output)
    {
        await host.StartAsync();
        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await output.WriteLineAsync(ShowsLivePage(settings)
            ? $"page {address}/  live page {address}{LivePage}/"
            : $"page {address}/  (the live page, which shows data, is served on loopback only)");
        await output.FlushAsync();
    }

    /// <summary>It asks nobody who they are here, and would refuse to be mapped for all.</summary>
    private static bool ShowsLivePage(SampleSettings settings) => IPAddress.IsLoopback(settings.Listen);

    private static Socket Listen(SampleSettings settings)
    {
        try
        {
            return PageSocket.Listen(settings.Listen, settings.Port);
        }
        catch (SocketException exception)
        {
            throw new SampleException(
                $"--port {settings.Port}: {exception.Message}. Give another, or 0 for a free one.");
        }
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

    private sealed record ApplicationNames(IReadOnlyList<string> Names);
}
