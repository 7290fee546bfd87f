using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard;
using StreamFlow.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the live page of StreamFlow applications into a web host.</summary>
public static class StreamFlowEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the live page of the host's applications, and the JSON API that it reads, below <c>api/v1</c>: what they do, how far they
    /// are, what is wrong, their stores and dead letters. See <c>docs/guide/dashboard.md</c>.
    /// </summary>
    /// <remarks>
    /// Without an authorization policy it answers requests of this machine only, and the host does not start when it listens on an
    /// address that others reach. It reads only, unless <see cref="DashboardOptions.AllowActions"/> says otherwise.
    /// </remarks>
    /// <example><code>
    /// builder.Services.AddStreamFlow("orders", ...);
    /// var app = builder.Build();
    /// app.MapStreamFlow("/streamflow");
    /// </code></example>
    /// <param name="endpoints">The web application.</param>
    /// <param name="pattern">Where the page is.</param>
    /// <param name="options">What it may show and do, and to whom; null for the defaults.</param>
    /// <returns>A builder for the conventions of all its endpoints, such as <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidOperationException">No application was added to the host.</exception>
    public static IEndpointConventionBuilder MapStreamFlow(
        this IEndpointRouteBuilder endpoints, string pattern = "/streamflow", DashboardOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        options ??= new DashboardOptions();
        var handler = new RequestHandler(new DashboardHost(endpoints.ServiceProvider, options));
        var group = endpoints.MapGroup(pattern);
        group.MapMethods("/", Reading, handler.PageAsync).ExcludeFromDescription();
        group.MapMethods("/assets/{name}", Reading, handler.AssetAsync).ExcludeFromDescription();
        foreach (var route in ApiRoutes.All)
        {
            group.MapMethods("/api/v1/" + route.Path, [route.Method], context => handler.ApiAsync(context, route)).ExcludeFromDescription();
        }

        if (options.Policy is { } policy)
        {
            group.RequireAuthorization(policy);
        }

        RefuseToBeOpen(endpoints, group, pattern);
        return group;
    }

    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>Whether there is a policy is known only when all conventions were added, and where the server listens once it does.</summary>
    private static void RefuseToBeOpen(IEndpointRouteBuilder endpoints, RouteGroupBuilder group, string pattern)
    {
        var isOpen = false;
        ((IEndpointConventionBuilder)group).Finally(endpoint => isOpen |=
            !RequestGuard.IsAuthorized(new Endpoint(null, new EndpointMetadataCollection(endpoint.Metadata), null)));
        endpoints.ServiceProvider.GetRequiredService<HostedApplications>().WhenStarted(() =>
        {
            // Endpoints are made when they are first asked for.
            _ = endpoints.DataSources.SelectMany(source => source.Endpoints).ToList();
            if (isOpen && endpoints.ServiceProvider.GetService<IServer>() is { } server)
            {
                ListeningCheck.ThrowIfOpen(server, pattern);
            }
        });
    }
}
