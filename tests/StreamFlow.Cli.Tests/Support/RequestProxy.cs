using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Cli.Tests.Support;

/// <summary>Stands between clients and a broker, and may change or hold up what they ask.</summary>
internal sealed class RequestProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RequestProxy() => _listener.Start();

    /// <summary>Where clients connect; what the broker is to advertise.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Lets clients through to a broker.</summary>
    /// <param name="broker">Its port.</param>
    /// <param name="pass">What becomes of a request, without its size.</param>
    public void Start(int broker, Func<byte[], Task<byte[]>> pass) => _ = AcceptAsync(broker, pass);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(int broker, Func<byte[], Task<byte[]>> pass)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(), broker, pass);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(TcpClient client, int broker, Func<byte[], Task<byte[]>> pass)
    {
        using TcpClient server = new();
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, broker);
            Task answers = server.GetStream().CopyToAsync(client.GetStream());
            Task requests = PassAsync(client.GetStream(), server.GetStream(), pass);
            await Task.WhenAny(answers, requests);
        }
    }

    private static async Task PassAsync(NetworkStream from, NetworkStream to, Func<byte[], Task<byte[]>> pass)
    {
        byte[] size = new byte[4];
        while (true)
        {
            await from.ReadExactlyAsync(size);
            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
            await from.ReadExactlyAsync(frame);
            byte[] passed = await pass(frame);
            byte[] framed = new byte[4 + passed.Length];
            BinaryPrimitives.WriteInt32BigEndian(framed, passed.Length);
            passed.CopyTo(framed, 4);
            await to.WriteAsync(framed);
        }
    }
}
