using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Security;

namespace StreamFlow.Broker.Server;

/// <summary>
/// One client connection: reads a request, answers it, reads the next. Replies keep the order of the requests; only
/// produce requests may overlap, so that several share one flush.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly Transport _transport;
    private readonly Listener _listener;
    private readonly RequestDispatch _dispatch;
    private readonly BrokerLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationToken _stopping;
    private readonly FrameReader _frames;
    private readonly ReplyQueue _replies;
    private readonly ConnectionContext _context;
    private readonly string _peer;
    private readonly int _maxRequestBytes;
    private readonly ByteBudget _budget;
    private readonly long _began;
    private long _lastActivity;
    private volatile bool _busy;

    public Connection(
        Socket socket,
        Listener listener,
        RequestDispatch dispatch,
        ConnectionLimits limits,
        BrokerLog log,
        TimeProvider time,
        CancellationToken stopping)
    {
        _transport = new Transport(socket);
        _listener = listener;
        _dispatch = dispatch;
        _log = log;
        _time = time;
        _stopping = stopping;
        _maxRequestBytes = limits.MaxRequestBytes;
        _budget = limits.Budget;
        _began = _lastActivity = time.GetTimestamp();
        IPEndPoint? remote = socket.RemoteEndPoint as IPEndPoint;
        _peer = remote?.ToString() ?? "unknown peer";
        Address = remote?.Address ?? IPAddress.None;
        IPAddress? address = remote?.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : remote?.Address;
        _context = new ConnectionContext(address, listener, _gone.Token, stopping) { Budget = _budget };
        _frames = new FrameReader(
            _transport, _context.Sasl is null ? _maxRequestBytes : Math.Min(_maxRequestBytes, SaslSession.LargestRequest),
            _budget, time, stopping);
        _replies = new ReplyQueue(_transport, _context, time);
    }

    /// <summary>The address of the client; none where it has none.</summary>
    public IPAddress Address { get; }

    /// <summary>The address of the client, with its port.</summary>
    public string Peer => _peer;

    public bool IsWaitingForRequest => !_busy && _replies.IsEmpty;

    /// <summary>
    /// How long nothing has moved: no whole request came in, or the peer does not take its answer. Zero while a request
    /// waits for its turn, as a fetch without data does.
    /// </summary>
    public TimeSpan Idle => IsWaitingForRequest
        ? _time.GetElapsedTime(Volatile.Read(ref _lastActivity))
        : _replies.Stalled;

    /// <summary>How long the peer has taken to say who it is; zero once that is known.</summary>
    public TimeSpan Unknown => _context.IsKnown ? TimeSpan.Zero : _time.GetElapsedTime(_began);

    /// <summary>
    /// Says why it is to be closed, if its client has held bytes for longer than it may while others wait for them, because it does
    /// not send the rest of a request or does not take its answer.
    /// </summary>
    public string? Stall(StallLimits limits) => _frames.Receiving is var request && request.Stalls(limits)
            ? Describe(request, "sent all of a request")
        : _replies.Sending is var answer && answer.Stalls(limits) ? Describe(answer, "taken all of an answer")
        : null;

    public async Task RunAsync()
    {
        // Leaves the accept loop at once: no client may keep others from connecting.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await EstablishAsync().ConfigureAwait(false);
            await ServeAsync().ConfigureAwait(false);
            await _replies.FinishAsync().ConfigureAwait(false);
            if (_context.CloseReason is { } reason)
            {
                _log.Repeated.Write(_context.CloseKind, log => ServerLog.Closed(log, _peer, reason));
            }

            await _transport.SayGoodbyeAsync().ConfigureAwait(false);
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
    public void Abort() => _transport.Socket.Dispose();

    public void Dispose()
    {
        _transport.Dispose();
        _frames.Dispose();
        _gone.Dispose();
    }

    private static string Describe(Transfer transfer, string what) => string.Create(
        CultureInfo.InvariantCulture,
        $"in {transfer.Elapsed.TotalSeconds:0} s its client has not {what} that holds {transfer.Bytes} bytes, and moved nothing of it for "
        + $"{transfer.Still.TotalSeconds:0} s; others wait for them (MaxBytesInFlight).");

    private static bool IsHangUp(Exception exception) =>
        exception is SocketException or ObjectDisposedException or OperationCanceledException or IOException
        || (exception is System.Threading.Channels.ChannelClosedException { InnerException: { } inner } && IsHangUp(inner));

    /// <summary>Speaks TLS, where the listener does, and learns who the peer is by its certificate.</summary>
    private async Task EstablishAsync()
    {
        string? name = null;
        if (_listener.Tls is { } tls)
        {
            name = await SecuredPeer.HandshakeAsync(_transport, tls.Current, _listener.Names!, _stopping).ConfigureAwait(false);
        }

        _context.Establish(name);
    }

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
            if (LargeAnswers.MayHave((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame.Value.Span)))
            {
                await _budget.WaitForRoomAsync(_stopping).ConfigureAwait(false);
            }

            ValueTask<WireWriter?> reply = _dispatch(frame.Value, _context, out RequestOrder order);
            ValueTask<WireWriter?> next = reply.IsCompleted || order == RequestOrder.Pipelined
                ? reply
                : new ValueTask<WireWriter?>(await ParkAsync(reply.AsTask(), order).ConfigureAwait(false));
            await _replies.EnqueueAsync(next).ConfigureAwait(false);
            Volatile.Write(ref _lastActivity, _time.GetTimestamp());
            if (_frames.MaxRequestBytes != _maxRequestBytes && _context.IsKnown)
            {
                _frames.MaxRequestBytes = _maxRequestBytes;
            }

            _busy = false;
        }
    }

    /// <summary>
    /// Waits for a reply that depends on others, and gives it up when the peer hangs up meanwhile. Returns it unfinished
    /// if the next request may be what it waits for.
    /// </summary>
    private async Task<Task<WireWriter?>> ParkAsync(Task<WireWriter?> reply, RequestOrder order)
    {
        if (order == RequestOrder.BehindLeave)
        {
            // What is kept of it is the group's, and counted there.
            _frames.ReleaseFrame();
        }

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
        _transport.Socket.Dispose();
        await _replies.FinishAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
