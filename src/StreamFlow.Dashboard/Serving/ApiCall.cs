using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace StreamFlow.Dashboard;

/// <summary>A request of the API.</summary>
/// <param name="context">The request.</param>
/// <param name="host">What is served.</param>
internal sealed class ApiCall(HttpContext context, DashboardHost host)
{
    public HttpContext Context => context;

    public DashboardHost Host => host;

    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>The application that the path names.</summary>
    public ServedApplication Application => host.Find(Segment("id"));

    public Publisher Publisher => Application.Publisher;

    public HostedView View => Application.View;

    /// <summary>A part of the path.</summary>
    public string Segment(string name) => (string?)context.Request.RouteValues[name] ?? string.Empty;

    /// <summary>A parameter of the query; null where it is not given or empty.</summary>
    public string? Text(string name) => context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    public long? Long(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw ApiException.BadRequest($"{name} is '{text}'; it is to be a whole number.");

    public int? Int(string name) => Long(name) is not { } number ? null
        : number is >= int.MinValue and <= int.MaxValue ? (int)number
        : throw ApiException.BadRequest($"{name} is {number}; it is to be a number of at most ten digits.");

    /// <summary>How many are wanted: 1 to 500.</summary>
    public int Limit => Int("limit") switch
    {
        null => 50,
        < 1 or > 500 => throw ApiException.BadRequest($"limit is {Int("limit")}; it is to be a number from 1 to 500."),
        var limit => limit.Value,
    };

    public bool Flag(string name) => Text(name) is not { } text ? false
        : bool.TryParse(text, out var flag) ? flag
        : throw ApiException.BadRequest($"{name} is '{text}'; it is to be true or false.");

    /// <summary>A moment: ISO 8601, or milliseconds since 1970-01-01T00:00Z.</summary>
    public long? Time(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds()
        : throw ApiException.BadRequest($"{name} is '{text}'; it is to be a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970.");

    /// <summary>Says in the log who has asked for an action.</summary>
    public void LogAction(string action, string details) => DashboardLog.Action(
        host.Logger,
        context.User.Identity?.Name ?? "somebody",
        context.Connection.RemoteIpAddress?.ToString() ?? "an unknown address",
        action,
        Segment("id"),
        details);

    /// <exception cref="ApiException">The page only reads.</exception>
    public void RequireActions()
    {
        if (!host.Options.AllowActions)
        {
            throw ApiException.Forbidden("The page only reads. Set DashboardOptions.AllowActions to let it act.");
        }
    }
}
