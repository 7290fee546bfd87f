#if LIVE_PAGE
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using StreamFlow.Dashboard;
using StreamFlow.Samples;
#endif
using Microsoft.Extensions.Hosting;

namespace OrderCounts;

/// <summary>
/// The page that shows how the worker runs, on this machine only. It makes the worker a web host, which a native program is not: there the
/// page is left out.
/// </summary>
internal sealed class LivePage
{
    /// <summary>Whether it shows records of the topics: those that were made up here.</summary>
    public bool ShowsRecords { get; init; }

#pragma warning disable CA1822 // Some have no state in one of the two forms.
#if LIVE_PAGE
    private readonly Socket _socket;

    /// <param name="port">Where to listen; 0 for a free port, null for 5080 or the next one that is free.</param>
    /// <exception cref="SocketException">The port is taken, or may not be listened at.</exception>
    public LivePage(int? port) => _socket = PageSocket.Listen(IPAddress.Loopback, port);

    /// <summary>Where it is; null when there is none.</summary>
    public string? Address => $"http://127.0.0.1:{PageSocket.PortOf(_socket)}/streamflow/";

    public IHostApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, PageSocket.PortOf(_socket)))
            .UseSockets(sockets => sockets.CreateBoundListenSocket = _ => _socket);
        return builder;
    }

    public IHost Build(IHostApplicationBuilder builder)
    {
        var app = ((WebApplicationBuilder)builder).Build();
        app.MapStreamFlow("/streamflow", new DashboardOptions { ShowRecords = ShowsRecords });
        return app;
    }
#else
    public LivePage(int? port) => _ = port;

    /// <summary>Where it is; null when there is none.</summary>
    public string? Address => null;

    public IHostApplicationBuilder CreateBuilder() => Host.CreateApplicationBuilder();

    public IHost Build(IHostApplicationBuilder builder) => ((HostApplicationBuilder)builder).Build();
#endif
}
