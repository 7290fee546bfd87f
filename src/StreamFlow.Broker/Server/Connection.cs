using System.Net;
using System.Net.Sockets;

namespace StreamFlow.Broker.Server;

/// <summary>
/// One client connection: reads a request, answers it, reads the next. Replies keep the order of the requests; only
/// produce requests may overlap, so that several share one flush.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private readonly RequestDispatch _dispatch;
    private readonly BrokerLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationToken _stopping;
    private readonly FrameReader _frames;
    private readonly ReplyQueue _replies;
    private readonly ConnectionContext _context;
    private readonly string _peer;
    private long _lastActivity;
    private volatile bool _busy;

    public Connection(
        Socket socket,
        RequestDispatch dispatch,
        int maxRequestBytes,
        BrokerLog log,
        TimeProvider time,
        CancellationToken stopping)
    {
        _socket = socket;
        _dispatch = dispatch;
        _log = log;
        _time = time;
        _stopping = stopping;
        _frames = new FrameReader(socket, maxRequestBytes);
        _lastActivity = time.GetTimestamp();
        IPEndPoint? remote = socket.RemoteEndPoint as IPEndPoint;
        _peer = remote?.ToString() ?? "unknown peer";
        IPAddress? address = remote?.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : remote?.Address;
        _context = new ConnectionContext($"/{address}", _gone.Token, stopping);
        _replies = new ReplyQueue(socket, _context, time);
    }

    public bool IsWaitingForRequest => !_busy && _replies.IsEmpty;

    /// <summary>
    /// How long nothing has moved: no whole request came in, or the peer does not take its answer. Zero while a request
    /// waits for its turn, as a fetch without data does.
    /// </summary>
    public TimeSpan Idle => IsWaitingForRequest
        ? _time.GetElapsedTime(Volatile.Read(ref _lastActivity))
        : _replies.Stalled;

    public async Task RunAsync()
    {
        // Leaves the accept loop at once: no client may keep others from connecting.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await ServeAsync().ConfigureAwait(false);
            await _replies.FinishAsync().ConfigureAwait(false);
            if (_context.CloseReason is { } reason)
            {
                _log.Repeated.Write("acks=0", log => ServerLog.Closed(log, _peer, reason));
            }
        }
        catch (ProtocolException exception)
        {
            _log.Repeated.Write(exception.Kind, log => ServerLog.Closed(log, _peer, exception.Message));
            await FinishQuietlyAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsHangUp(exception))
        {
            // The peer or the broker closed the socket: the normal end of a connection.
            await FinishQuietlyAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // One broken request must not take the broker down; it is logged and the client reconnects.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.Repeated.Write(exception.GetType().Name, log => ServerLog.Failed(log, exception, _peer));
            await FinishQuietlyAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the connection: a receive under way fails, parked requests are released.</summary>
    public void Abort() => _socket.Dispose();

    public void Dispose()
    {
        _socket.Dispose();
        _frames.Dispose();
        _gone.Dispose();
    }

    private static bool IsHangUp(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException or EndOfStreamException
        || (exception is System.Threading.Channels.ChannelClosedException { InnerException: { } inner } && IsHangUp(inner));

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested && _context.CloseReason is null)
        {
            Memory<byte>? frame = await _frames.ReadAsync().ConfigureAwait(false);
            if (frame is null)
            {
                // What still waits for others is waited for in vain.
                await _gone.CancelAsync().ConfigureAwait(false);
                return;
            }

            _busy = true;
            ValueTask<WireWriter?> reply = _dispatch(frame.Value, _context, out RequestOrder order);
            ValueTask<WireWriter?> next = reply.IsCompleted || order == RequestOrder.Pipelined
                ? reply
                : new ValueTask<WireWriter?>(await ParkAsync(reply.AsTask(), order).ConfigureAwait(false));
            await _replies.EnqueueAsync(next).ConfigureAwait(false);
            Volatile.Write(ref _lastActivity, _time.GetTimestamp());
            _busy = false;
        }
    }

    /// <summary>
    /// Waits for a reply that depends on others, and gives it up when the peer hangs up meanwhile. Returns it unfinished
    /// if the next request may be what it waits for.
    /// </summary>
    private async Task<Task<WireWriter?>> ParkAsync(Task<WireWriter?> reply, RequestOrder order)
    {
        while (!reply.IsCompleted && _frames.NextKey is null)
        {
            await Task.WhenAny(reply, _frames.WaitForBytesAsync()).ConfigureAwait(false);
            if (!reply.IsCompleted && !await _frames.TakeArrivedAsync().ConfigureAwait(false))
            {
                await _gone.CancelAsync().ConfigureAwait(false);
                break;
            }
        }

        bool yields = order == RequestOrder.BehindLeave && !_gone.IsCancellationRequested
            && _frames.NextKey == ApiKey.LeaveGroup;
        if (!yields)
        {
            await ((Task)reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return reply;
    }

    private async Task FinishQuietlyAsync()
    {
        await _gone.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _replies.FinishAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
