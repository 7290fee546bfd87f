using System.Net;
using System.Net.Sockets;
using MQTTnet.Server;

namespace SensorAlerts;

/// <summary>An MQTT broker in this process, on loopback, which keeps the sessions of clients that are away.</summary>
internal sealed class MqttBroker : IDisposable
{
    private const int DefaultPort = 1883;
    private const int PortsTried = 20;

    /// <summary>A client that has more of them waiting loses some, so whoever publishes much watches how far the reader is.</summary>
    private const int MostPending = 50_000;
    private readonly MqttServer _server;

    private MqttBroker(MqttServer server, int port) => (_server, Port) = (server, port);

    public int Port { get; }

    /// <param name="port">Where to listen; 0 for a free port, null for 1883 or the next that is free.</param>
    public static async Task<MqttBroker> StartAsync(int? port)
    {
        var (first, last) = port switch
        {
            null => (DefaultPort, DefaultPort + PortsTried - 1),
            0 => (FreePort(), IPEndPoint.MaxPort),
            { } given => (given, given),
        };
        for (var candidate = first; ; candidate++)
        {
            var server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
                .WithDefaultEndpoint()
                .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
                .WithDefaultEndpointBoundIPV6Address(IPAddress.None)
                .WithDefaultEndpointPort(candidate)
                .WithPersistentSessions()
                .WithMaxPendingMessagesPerClient(MostPending)
                .Build());
            try
            {
                await server.StartAsync();
                return new MqttBroker(server, candidate);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse && candidate < last)
            {
                server.Dispose();
            }
        }
    }

    /// <summary>Cuts a client off, as a network does that fails.</summary>
    public Task CutOffAsync(string clientId) => _server.DisconnectClientAsync(clientId, new MqttServerClientDisconnectOptions());

    public void Dispose() => _server.Dispose();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
