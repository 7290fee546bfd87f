using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Verification.Faults;

/// <summary>
/// Stands between all clients and the broker, which names the proxy as its own address. Passes frames on, and at an order
/// loses or delays one of the transaction protocol.
/// </summary>
internal sealed class KafkaProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _brokerPort;
    private readonly Task _accepting;
    private WireOrder? _order;

    public KafkaProxy(int brokerPort)
    {
        _brokerPort = brokerPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Gives an order; the one before, if it was not carried out yet, is forgotten.</summary>
    public void Give(WireOrder order) => Volatile.Write(ref _order, order);

    public void Forget() => Volatile.Write(ref _order, null);

    /// <summary>Takes the order if it is about this request; it is carried out once.</summary>
    public WireOrder? TryTake(string clientId, short apiKey) =>
        Volatile.Read(ref _order) is { } order
        && order.Concerns(clientId, apiKey)
        && Interlocked.CompareExchange(ref _order, null, order) == order
            ? order
            : null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The proxy ends.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var broker = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await broker.ConnectAsync(IPAddress.Loopback, _brokerPort, _stop.Token);
            await new ProxyConnection(this, client, broker).RunAsync(_stop.Token);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            // One side is gone; the other one sees its connection closed.
        }
        finally
        {
            client.Dispose();
        }
    }
}
