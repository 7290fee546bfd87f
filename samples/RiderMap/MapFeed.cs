using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using StreamFlow;
using StreamFlow.Samples;

namespace RiderMap;

/// <summary>The changes of the map as server-sent events.</summary>
internal static class MapFeed
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Each page that asks is told all that is there, then what changes.</summary>
    public static void MapChanges(this IEndpointRouteBuilder endpoints, string path, StreamsApplication application) =>
        endpoints.MapGet(path, async (HttpContext context) =>
        {
            using var changes = new MapChanges(application, Interval);
            await LiveFeed.WriteAsync(context, () => JsonSerializer.Serialize(changes.Take(), SampleJson.Options), Interval);
        });
}
