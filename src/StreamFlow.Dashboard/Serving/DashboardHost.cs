using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>What is served of a host: its applications, each with its one publisher.</summary>
internal sealed class DashboardHost
{
    private readonly HostedApplications _hosted;
    private readonly ConcurrentDictionary<string, Publisher> _publishers = new(StringComparer.Ordinal);

    /// <param name="services">The host's services.</param>
    /// <param name="options">What the page may show and do.</param>
    /// <exception cref="InvalidOperationException">The host has no application.</exception>
    public DashboardHost(IServiceProvider services, DashboardOptions options)
    {
        Options = options;
        Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("StreamFlow.Dashboard");
        _hosted = services.GetService<HostedApplications>() ?? throw new InvalidOperationException(
            "MapStreamFlow has no application to show: add one with services.AddStreamFlow(name, topology) before the host is built.");
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        Stopping = lifetime.ApplicationStopping;
        var configuration = services.GetService<IConfiguration>();
        var time = services.GetRequiredService<TimeProvider>();
        _hosted.WhenMade(hosted => _publishers.TryAdd(hosted.Name, new Publisher(new HostedView(hosted, configuration, time), Logger)));
        lifetime.ApplicationStopped.Register(Stop);
    }

    public DashboardOptions Options { get; }

    public ILogger Logger { get; }

    public AssetFiles Assets { get; } = new();

    /// <summary>The host stops.</summary>
    public CancellationToken Stopping { get; }

    public ApplicationsModel Applications() => new(
        [.. _hosted.Names.Select(Describe)], Options.AllowActions, Options.ShowRecords, HasBroker: false);

    /// <exception cref="ApiException">There is no such application.</exception>
    public Publisher Find(string name) => _publishers.TryGetValue(name, out var publisher)
        ? publisher
        : throw ApiException.NotFound(
            _hosted.Names.Contains(name, StringComparer.Ordinal)
                ? $"Application '{name}' is not made yet: the host starts."
                : $"The host has no application '{name}'. It has: {string.Join(", ", _hosted.Names)}.");

    private ApplicationModel Describe(string name) => _publishers.TryGetValue(name, out var publisher)
        ? new ApplicationModel(name, publisher.View.Application.State.ToString(), Phases.Of(publisher.View.Application.Status))
        : new ApplicationModel(name, nameof(StreamsState.Created), "starting");

    private void Stop()
    {
        foreach (var publisher in _publishers.Values)
        {
            publisher.Dispose();
        }
    }
}
