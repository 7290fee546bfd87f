using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow;
using StreamFlow.Samples;

namespace RiderMap;

/// <summary>The changes of the map as server-sent events.</summary>
internal static class MapFeed
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Each page that asks is told all that is there, then what changes.</summary>
    public static void MapChanges(this IEndpointRouteBuilder endpoints, string path, StreamsApplication application)
    {
        var stopping = endpoints.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        endpoints.MapGet(path, async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            using var changes = new MapChanges(application, Interval);
            using var timer = new PeriodicTimer(Interval);
            try
            {
                do
                {
                    await context.Response.WriteAsync($"data: {JsonSerializer.Serialize(changes.Take(), SampleJson.Options)}\n\n", end.Token);
                    await context.Response.Body.FlushAsync(end.Token);
                }
                while (await timer.WaitForNextTickAsync(end.Token));
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The page was closed, or the sample ends.
            }
        });
    }
}
