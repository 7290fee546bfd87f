using System.Net.Sockets;
using System.Threading.Channels;

namespace StreamFlow.Broker.Server;

/// <summary>
/// Sends the replies of one connection in the order of their requests. A reply that is ready while none is pending goes
/// out at once; replies that wait (a produce on its flush) queue up and let later requests be read meanwhile.
/// </summary>
internal sealed class ReplyQueue(Transport transport, ConnectionContext context, TimeProvider time)
{
    private const int MaxPending = 64;

    private readonly Channel<ValueTask<WireWriter?>> _pending =
        Channel.CreateBounded<ValueTask<WireWriter?>>(
            new BoundedChannelOptions(MaxPending) { SingleReader = true, SingleWriter = true });

    private int _outstanding;
    private long _sendingSince;
    private long _sendingBytes;
    private long _movedAt;
    private Task? _pump;
    private Action? _moved;

    public bool IsEmpty => Volatile.Read(ref _outstanding) == 0;

    /// <summary>How long the peer has not taken what is being sent to it; zero while nothing is.</summary>
    public TimeSpan Stalled
    {
        get
        {
            long since = Volatile.Read(ref _sendingSince);
            return since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);
        }
    }

    /// <summary>The answer that is being sent.</summary>
    public Transfer Sending => Volatile.Read(ref _sendingSince) is not 0 and var since
        ? new Transfer(
            Volatile.Read(ref _sendingBytes), time.GetElapsedTime(since), time.GetElapsedTime(Volatile.Read(ref _movedAt)))
        : default;

    /// <summary>Takes the next reply in order; waits when too many are pending.</summary>
    public async ValueTask EnqueueAsync(ValueTask<WireWriter?> reply)
    {
        if (IsEmpty && reply.IsCompleted)
        {
            await SendAsync(await reply.ConfigureAwait(false)).ConfigureAwait(false);
            return;
        }

        Interlocked.Increment(ref _outstanding);
        try
        {
            await _pending.Writer.WriteAsync(reply).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // Nobody sends it any more, but what it holds is to be given back.
            await ReleaseAsync(reply).ConfigureAwait(false);
            throw;
        }

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
                if (context.CloseReason is not null)
                {
                    // A produce without acknowledgement failed on the disk: the reading side may wait for long.
                    transport.Socket.Shutdown(SocketShutdown.Both);
                }
            }
        }
        catch (Exception exception)
        {
            // The reading side learns of it when it offers its next reply, or when the closed socket ends its receive.
            _pending.Writer.TryComplete(exception);
            transport.Socket.Dispose();
            await ReleasePendingAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReleasePendingAsync()
    {
        while (_pending.Reader.TryRead(out ValueTask<WireWriter?> reply))
        {
            await ReleaseAsync(reply).ConfigureAwait(false);
        }
    }

    private static async Task ReleaseAsync(ValueTask<WireWriter?> reply)
    {
        Task<WireWriter?> task = reply.AsTask();
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsCompletedSuccessfully)
        {
            task.Result?.Dispose();
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
            Volatile.Write(ref _sendingBytes, reply.HeldBytes);
            Moved();
            Volatile.Write(ref _sendingSince, _movedAt);
            await transport.SendAsync(pieces, _moved ??= Moved).ConfigureAwait(false);
            Volatile.Write(ref _sendingSince, 0);
        }
    }

    private void Moved() => Volatile.Write(ref _movedAt, time.GetTimestamp());
}
