using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Hosting;
using StreamFlow.Runtime;

namespace StreamFlow.Dashboard;

/// <summary>What is served of a host: its applications.</summary>
internal sealed class DashboardHost
{
    private readonly HostedApplications _hosted;
    private readonly ConcurrentDictionary<string, ServedApplication> _applications = new(StringComparer.Ordinal);

    /// <param name="services">The host's services.</param>
    /// <param name="options">What the page may show and do.</param>
    /// <exception cref="InvalidOperationException">The host has no application.</exception>
    public DashboardHost(IServiceProvider services, DashboardOptions options)
    {
        Options = options;
        Logger = new GuardedLogger(
            services.GetRequiredService<ILoggerFactory>().CreateLogger("StreamFlow.Dashboard"), project: 5, static () => { });
        _hosted = services.GetService<HostedApplications>() ?? throw new InvalidOperationException(
            "MapStreamFlow has no application to show: add one with services.AddStreamFlow(name, topology) before the host is built.");
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        Stopping = lifetime.ApplicationStopping;
        var configuration = services.GetService<IConfiguration>();
        var time = services.GetRequiredService<TimeProvider>();
        var insight = services.GetService<IBrokerInsight>();
        _hosted.WhenMade(hosted => _applications.TryAdd(
            hosted.Name, new ServedApplication(new HostedView(hosted, configuration, time), insight, Logger, Stopping)));
        lifetime.ApplicationStopped.Register(Stop);
    }

    public DashboardOptions Options { get; }

    public ILogger Logger { get; }

    public AssetFiles Assets { get; } = new();

    /// <summary>The host stops.</summary>
    public CancellationToken Stopping { get; }

    public ApplicationsModel Applications() => new(
        [.. _hosted.Names.Select(Describe)], Options.AllowActions, Options.ShowRecords, HasBroker: !_applications.IsEmpty);

    /// <exception cref="ApiException">There is no such application.</exception>
    public ServedApplication Find(string name) => _applications.TryGetValue(name, out var application)
        ? application
        : throw ApiException.NotFound(
            _hosted.Names.Contains(name, StringComparer.Ordinal)
                ? $"Application '{name}' is not made yet: the host starts."
                : $"The host has no application '{name}'. It has: {string.Join(", ", _hosted.Names)}.");

    /// <summary>The application whose broker is shown: the first.</summary>
    /// <exception cref="ApiException">None is made yet.</exception>
    public ServedApplication First() => Find(_hosted.Names[0]);

    private ApplicationModel Describe(string name) => _applications.TryGetValue(name, out var application)
        ? new ApplicationModel(name, application.View.Application.State.ToString(), Phases.Of(application.View.Application.Status))
        : new ApplicationModel(name, nameof(StreamsState.Created), "starting");

    private void Stop()
    {
        foreach (var application in _applications.Values)
        {
            application.Dispose();
        }
    }
}
