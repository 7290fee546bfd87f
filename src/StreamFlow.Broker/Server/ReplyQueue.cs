using System.Net.Sockets;
using System.Threading.Channels;
using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Server;

/// <summary>
/// Sends the replies of one connection in the order of their requests. A reply that is ready while none is pending goes
/// out at once; replies that wait (a produce on its flush) queue up and let later requests be read meanwhile.
/// </summary>
internal sealed class ReplyQueue(Socket socket)
{
    private const int MaxPending = 64;

    private readonly Channel<ValueTask<WireWriter?>> _pending =
        Channel.CreateBounded<ValueTask<WireWriter?>>(
            new BoundedChannelOptions(MaxPending) { SingleReader = true, SingleWriter = true });

    private int _outstanding;
    private Task? _pump;

    /// <summary>Takes the next reply in order; waits when too many are pending.</summary>
    public async ValueTask EnqueueAsync(ValueTask<WireWriter?> reply)
    {
        if (Volatile.Read(ref _outstanding) == 0 && reply.IsCompleted)
        {
            await SendAsync(await reply.ConfigureAwait(false)).ConfigureAwait(false);
            return;
        }

        Interlocked.Increment(ref _outstanding);
        await _pending.Writer.WriteAsync(reply).ConfigureAwait(false);
        _pump ??= PumpAsync();
    }

    /// <summary>Sends what is pending; throws what made a pending reply or its sending fail.</summary>
    public async Task FinishAsync()
    {
        _pending.Writer.TryComplete();
        if (_pump is not null)
        {
            await _pump.ConfigureAwait(false);
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (ValueTask<WireWriter?> reply in _pending.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await SendAsync(await reply.ConfigureAwait(false)).ConfigureAwait(false);
                Interlocked.Decrement(ref _outstanding);
            }
        }
        catch (Exception exception)
        {
            // The reading side learns of it when it offers its next reply, or when the closed socket ends its receive.
            _pending.Writer.TryComplete(exception);
            socket.Dispose();
            await ReleasePendingAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReleasePendingAsync()
    {
        while (_pending.Reader.TryRead(out ValueTask<WireWriter?> reply))
        {
            await ((Task)reply.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask SendAsync(WireWriter? reply)
    {
        if (reply is null)
        {
            return;
        }

        using (reply)
        {
            List<ArraySegment<byte>> pieces = reply.Complete();
            if (pieces.Count == 1)
            {
                await SendAllAsync(pieces[0]).ConfigureAwait(false);
                return;
            }

            // Stream sockets send a list whole or fail, like a single buffer with the loop below.
            await socket.SendAsync(pieces, SocketFlags.None).ConfigureAwait(false);
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int sent = await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }
}
