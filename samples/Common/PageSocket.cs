using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Samples;

/// <summary>The socket that a page is served at. Held from the moment its port is chosen, so that nobody else can take it before the host listens.</summary>
internal static class PageSocket
{
    private const int DefaultPort = 5080;
    private const int PortsTried = 20;

    /// <param name="address">An address of this machine.</param>
    /// <param name="port">0 for a free port, null for 5080 or the next one that is free.</param>
    /// <exception cref="SocketException">The port is taken, or may not be listened at.</exception>
    public static Socket Listen(IPAddress address, int? port)
    {
        if (port is { } given)
        {
            return ListenAt(address, given);
        }

        for (var candidate = DefaultPort; candidate < DefaultPort + PortsTried; candidate++)
        {
            try
            {
                return ListenAt(address, candidate);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another sample has it, say.
            }
        }

        return ListenAt(address, 0);
    }

    public static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static Socket ListenAt(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
