using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace StreamFlow.Samples;

/// <summary>Server-sent events of one picture that changes.</summary>
public static class LiveFeed
{
    /// <summary>
    /// Maps a stream of pictures. A picture is taken and written as JSON once however many pages look, and not at all while none
    /// does; a page that is slow is shown the newest, never a queue of old ones.
    /// </summary>
    /// <param name="endpoints">The web application.</param>
    /// <param name="path">Where, as <c>/live</c>.</param>
    /// <param name="picture">Takes the picture, on any thread.</param>
    /// <param name="interval">How often.</param>
    public static void MapFeed(this IEndpointRouteBuilder endpoints, string path, Func<object> picture, TimeSpan interval)
    {
        var shared = new Picture(picture, interval / 2);
        endpoints.MapGet(path, (HttpContext context) => WriteAsync(context, shared.Json, interval));
    }

    /// <summary>Writes events until the page is closed or the sample ends, the first at once.</summary>
    /// <param name="context">The request.</param>
    /// <param name="json">Makes the data of the next event.</param>
    /// <param name="interval">How often.</param>
    public static async Task WriteAsync(HttpContext context, Func<string> json, TimeSpan interval)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var timer = new PeriodicTimer(interval);
        try
        {
            do
            {
                await context.Response.WriteAsync($"data: {json()}\n\n", end.Token);
                await context.Response.Body.FlushAsync(end.Token);
            }
            while (await timer.WaitForNextTickAsync(end.Token));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The page was closed, or the sample ends.
        }
    }

    private sealed class Picture(Func<object> take, TimeSpan keeps)
    {
        private readonly Lock _gate = new();
        private string _json = string.Empty;
        private long _taken;

        public string Json()
        {
            lock (_gate)
            {
                if (_taken == 0 || TimeProvider.System.GetElapsedTime(_taken) >= keeps)
                {
                    _json = JsonSerializer.Serialize(take(), SampleJson.Options);
                    _taken = TimeProvider.System.GetTimestamp();
                }

                return _json;
            }
        }
    }
}
