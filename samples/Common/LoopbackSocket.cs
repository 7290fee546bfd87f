using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Samples;

/// <summary>The socket that a page is served at. Held from the moment its port is chosen, so that nobody else can take it before the host listens.</summary>
internal static class LoopbackSocket
{
    private const int DefaultPort = 5080;
    private const int PortsTried = 20;

    /// <param name="port">0 for a free port, null for 5080 or the next one that is free.</param>
    /// <exception cref="SocketException">The port is taken, or may not be listened at.</exception>
    public static Socket Listen(int? port)
    {
        if (port is { } given)
        {
            return ListenAt(given);
        }

        for (var candidate = DefaultPort; candidate < DefaultPort + PortsTried; candidate++)
        {
            try
            {
                return ListenAt(candidate);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another sample has it, say.
            }
        }

        return ListenAt(0);
    }

    public static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static Socket ListenAt(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
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
