using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace StreamFlow.Dashboard;

/// <summary>Sends a page the events of an application.</summary>
internal static class LiveStream
{
    public static async Task<object?> WriteAsync(ApiCall call)
    {
        var (publisher, response) = (call.Publisher, call.Context.Response);

        // A host that stops must not wait for pages that are open.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Host.Stopping);
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no";
        call.Context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await foreach (var bytes in publisher.WatchAsync(either.Token).ConfigureAwait(false))
            {
                await response.Body.WriteAsync(bytes, either.Token).ConfigureAwait(false);
                await response.Body.FlushAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The page has gone, or the host stops.
        }

        return null;
    }
}
