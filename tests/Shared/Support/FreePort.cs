using System.Net;
using System.Net.Sockets;

namespace StreamFlow.TestSupport;

/// <summary>A port for a broker that has to keep it when it is started again.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
