using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace StreamFlow.Verification.Faults;

/// <summary>
/// One connection through the proxy. Frames are 4 bytes length and payload; a request begins with API key (2), version
/// (2), correlation id (4) and client id (2 bytes length, text), an answer with the correlation id.
/// </summary>
internal sealed class ProxyConnection(KafkaProxy proxy, Socket client, Socket broker)
{
    private const int LengthBytes = 4;
    private const int RequestHeaderBytes = 10;
    private readonly ConcurrentDictionary<int, WireOrder> _awaited = new();

    public async Task RunAsync(CancellationToken stop)
    {
        client.NoDelay = broker.NoDelay = true;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var up = PumpAsync(client, broker, OnRequest, linked.Token);
        var down = PumpAsync(broker, client, OnAnswer, linked.Token);
        var first = await Task.WhenAny(up, down);
        await linked.CancelAsync();
        await first;
    }

    /// <summary>Passes frames on until one side closes or an order says that a frame is lost.</summary>
    private static async Task PumpAsync(
        Socket from, Socket to, Func<ReadOnlyMemory<byte>, WireOrder?> inspect, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            while (await FillAsync(from, buffer.AsMemory(0, LengthBytes), stop))
            {
                var length = LengthBytes + BinaryPrimitives.ReadInt32BigEndian(buffer);
                if (length > buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length);
                    buffer.AsSpan(0, LengthBytes).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                if (!await FillAsync(from, buffer.AsMemory(LengthBytes, length - LengthBytes), stop))
                {
                    return;
                }

                if (inspect(buffer.AsMemory(LengthBytes, length - LengthBytes)) is { } order)
                {
                    order.Execute();
                    if (order.Action == WireAction.Drop)
                    {
                        return;
                    }

                    await Task.Delay(order.Delay, stop);
                }

                await SendAsync(to, buffer.AsMemory(0, length), stop);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private WireOrder? OnRequest(ReadOnlyMemory<byte> frame)
    {
        if (frame.Length < RequestHeaderBytes)
        {
            return null;
        }

        var header = frame.Span;
        var clientIdLength = Math.Max((short)0, BinaryPrimitives.ReadInt16BigEndian(header[8..]));
        var clientId = Encoding.UTF8.GetString(header.Slice(RequestHeaderBytes, clientIdLength));
        if (proxy.TryTake(clientId, BinaryPrimitives.ReadInt16BigEndian(header)) is not { } order)
        {
            return null;
        }

        if (!order.Point.IsAfter)
        {
            return order;
        }

        _awaited[BinaryPrimitives.ReadInt32BigEndian(header[4..])] = order;
        return null;
    }

    private WireOrder? OnAnswer(ReadOnlyMemory<byte> frame) =>
        _awaited.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame.Span), out var order) ? order : null;

    private static async ValueTask<bool> FillAsync(Socket from, Memory<byte> target, CancellationToken stop)
    {
        while (target.Length > 0)
        {
            var read = await from.ReceiveAsync(target, stop);
            if (read == 0)
            {
                return false;
            }

            target = target[read..];
        }

        return true;
    }

    private static async ValueTask SendAsync(Socket to, ReadOnlyMemory<byte> data, CancellationToken stop)
    {
        while (data.Length > 0)
        {
            data = data[await to.SendAsync(data, stop)..];
        }
    }
}
