using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace StreamFlow.Dashboard;

/// <summary>Keeps a host from starting that would show its data to anybody.</summary>
internal static class ListeningCheck
{
    /// <param name="server">The web server, started.</param>
    /// <param name="pattern">Where the page is mapped.</param>
    /// <exception cref="InvalidOperationException">It listens on an address that others reach.</exception>
    public static void ThrowIfOpen(IServer server, string pattern)
    {
        var open = server.Features.Get<IServerAddressesFeature>()?.Addresses.Where(address => !IsLoopback(address)).ToList() ?? [];
        if (open.Count > 0)
        {
            throw new InvalidOperationException(
                $"The StreamFlow page at '{pattern}' has no authorization policy, and the server listens on {string.Join(", ", open)}, which "
                + "others reach. Set DashboardOptions.Policy, or RequireAuthorization() on what MapStreamFlow returns; or listen on "
                + "localhost only.");
        }
    }

    private static bool IsLoopback(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (RequestGuard.IsOwnName(uri.Host) || (IPAddress.TryParse(uri.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip)));
}
