using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace StreamFlow.Dashboard;

/// <summary>
/// Who is answered. Without an authorization policy only programs of this machine that call it by a name of its own: another name is
/// what a page of somebody else's has a browser send (DNS rebinding). And whatever the policy, what changes something must come from
/// the page itself, not from another site in the same browser.
/// </summary>
internal static class RequestGuard
{
    private static readonly string[] Forwarding =
    [
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix",
        "X-Forwarded-Server", "X-Original-For", "X-Original-Host", "X-Original-Proto", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP",
        "True-Client-IP", "CF-Connecting-IP",
    ];

    /// <summary>Why a request is refused; null when it is not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isApi">Whether it asks for data: the page itself may be opened by a link of another site.</param>
    public static string? Refusal(HttpContext context, bool isApi)
    {
        if (!IsAuthorized(context.GetEndpoint()) && RefusalOfStranger(context) is { } reason)
        {
            return reason;
        }

        return !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) ? RefusalOfSite(context.Request)
            : isApi && context.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
                ? "The API answers the page itself and programs; the browser says that another site asks."
                : null;
    }

    /// <summary>Whether the endpoint asks for authorization: then ASP.NET Core has looked at the request already.</summary>
    public static bool IsAuthorized(Endpoint? endpoint) =>
        endpoint is not null
        && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        && (endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null || endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is not null);

    /// <summary>Whether a name is one of the machine itself.</summary>
    public static bool IsOwnName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string? RefusalOfStranger(HttpContext context)
    {
        const string Remedy = "Set DashboardOptions.Policy, or RequireAuthorization() on what MapStreamFlow returns, for whoever may see it.";
        var remote = context.Connection.RemoteIpAddress;
        if (remote is null || !IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote))
        {
            return $"The page has no authorization policy, so it answers this machine only; the request came from {remote?.ToString() ?? "an unknown address"}. {Remedy}";
        }

        if (Array.Find(Forwarding, context.Request.Headers.ContainsKey) is { } header)
        {
            return $"The page has no authorization policy, so it answers this machine only; the header {header} says that a proxy handed the request on. {Remedy}";
        }

        return IsOwnName(context.Request.Host.Host)
            ? null
            : $"The page has no authorization policy, so it answers to localhost and loopback addresses only, not to the host '{context.Request.Host.Host}'. {Remedy}";
    }

    private static string? RefusalOfSite(HttpRequest request)
    {
        if (request.Headers.TryGetValue("Sec-Fetch-Site", out var site))
        {
            if (site != "same-origin")
            {
                return $"An action must come from the page itself; the browser says that it comes from '{site}'.";
            }
        }

        // Browsers that do not say that: a proxy may have put its own name for the host's, which only they are refused for.
        else if (request.Headers.TryGetValue("Origin", out var origin)
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && Uri.TryCreate($"{from.Scheme}://{request.Host}", UriKind.Absolute, out var own)
                && string.Equals(from.Authority, own.Authority, StringComparison.OrdinalIgnoreCase)))
        {
            return $"An action must come from the page itself; the request's origin is '{origin}'.";
        }

        // A form of another site cannot send this type without asking first.
        return request.HasJsonContentType() ? null : "An action is sent with the content type application/json.";
    }
}
