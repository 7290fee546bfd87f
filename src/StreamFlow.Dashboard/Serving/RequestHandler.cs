using Microsoft.AspNetCore.Http;
using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>Answers requests: looks whether they may be, and makes problems of what goes wrong.</summary>
/// <param name="host">What is served.</param>
internal sealed class RequestHandler(DashboardHost host)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'";

    /// <summary>The page itself. Its links are relative, so its address ends in a slash.</summary>
    public Task PageAsync(HttpContext context) => GuardedAsync(context, isApi: false, async () =>
    {
        var path = context.Request.Path.Value ?? string.Empty;
        if (!path.EndsWith('/'))
        {
            // Relative, so that it is right behind a proxy that takes a prefix away.
            context.Response.Redirect($"{path[(path.LastIndexOf('/') + 1)..]}/{context.Request.QueryString}");
            return;
        }

        await host.Assets.WriteAsync(context, "index.html").ConfigureAwait(false);
    });

    /// <summary>A file of the page.</summary>
    public Task AssetAsync(HttpContext context) => GuardedAsync(
        context, isApi: false, () => host.Assets.WriteAsync(context, (string?)context.Request.RouteValues["name"] ?? string.Empty));

    /// <summary>A request of the API.</summary>
    public Task ApiAsync(HttpContext context, ApiRoute route) => GuardedAsync(context, isApi: true, async () =>
    {
        context.Response.Headers.CacheControl = "no-store";
        var answer = await route.Handle(new ApiCall(context, host)).ConfigureAwait(false);
        if (answer is not null)
        {
            context.Response.StatusCode = route.Status;
            await context.Response.WriteAsJsonAsync(answer, answer.GetType(), ApiJson.Options, context.RequestAborted).ConfigureAwait(false);
        }
    });

    private async Task GuardedAsync(HttpContext context, bool isApi, Func<Task> answer)
    {
        Protect(context.Response.Headers);
        try
        {
            if (RequestGuard.Refusal(context, isApi) is { } reason)
            {
                DashboardLog.Refused(host.Logger, context.Request.Path, reason);
                throw ApiException.Forbidden(reason);
            }

            await answer().ConfigureAwait(false);
        }
        catch (ApiException exception)
        {
            await ProblemAsync(context, exception.Status, exception.Title, exception.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await ProblemAsync(context, exception.StatusCode, "The request is not understood.", exception.Message).ConfigureAwait(false);
        }
        catch (KafkaClientException exception) when (!context.Response.HasStarted)
        {
            await ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, "The broker refuses that, or does not answer.", exception.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
#pragma warning disable CA1031 // The last place where it can become an answer; it is logged.
        catch (Exception exception) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            DashboardLog.RequestFailed(host.Logger, exception, context.Request.Path);
            await ProblemAsync(
                context, StatusCodes.Status500InternalServerError, "The request failed.", "The log of the host tells why.").ConfigureAwait(false);
        }
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Task ProblemAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new ProblemDocument(title, status, detail), ApiJson.Options, "application/problem+json", context.RequestAborted);
    }
}
