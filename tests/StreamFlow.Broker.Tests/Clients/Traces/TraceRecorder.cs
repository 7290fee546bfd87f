using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>Stands between clients and a broker that advertises the address of this, and writes down what they say.</summary>
internal sealed class TraceRecorder : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<TraceCall> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private int _connections;

    public TraceRecorder() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What was answered until now.</summary>
    public IReadOnlyCollection<TraceCall> Calls => [.. _calls];

    public void Begin(int brokerPort) => _ = AcceptAsync(brokerPort);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(int brokerPort)
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client, brokerPort, _connections++);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The recording is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int brokerPort, int number)
    {
        using TcpClient own = client;
        using TcpClient broker = new();
        ConcurrentQueue<byte[]> waiting = new();
        try
        {
            await broker.ConnectAsync(IPAddress.Loopback, brokerPort);
            Task requests = PumpAsync(client.GetStream(), broker.GetStream(), waiting.Enqueue);
            Task responses = PumpAsync(broker.GetStream(), client.GetStream(), response =>
            {
                // Brokers answer the requests of a connection in their order.
                if (waiting.TryDequeue(out byte[]? request))
                {
                    _calls.Enqueue(new TraceCall(number, request, response));
                }
            });
            await Task.WhenAny(requests, responses);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of both has gone.
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Action<byte[]> note)
    {
        byte[] size = new byte[4];
        while (true)
        {
            await from.ReadExactlyAsync(size, _stop.Token);
            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
            await from.ReadExactlyAsync(frame, _stop.Token);
            note(frame);
            await to.WriteAsync((byte[])[.. size, .. frame], _stop.Token);
        }
    }
}
