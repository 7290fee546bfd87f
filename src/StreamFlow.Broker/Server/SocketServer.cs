using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Server;

/// <summary>Accepts on every listener, runs a <see cref="Connection"/> per client and ends them all on stop.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AuthenticationTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AcceptBackOff = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<Listener> _listeners;
    private readonly SocketServerOptions _options;
    private readonly BrokerLog _log;
    private readonly TimeProvider _time;
    private readonly ByteBudget _budget;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Connection> _connections = [];
    private readonly Dictionary<IPAddress, int> _addresses = [];
    private readonly List<Task> _loops = [];
    private readonly OrderedLock _gate = new(LockRank.Connections);
    private int _running;
    private TaskCompletionSource? _drained;
    private long _accepted;
    private long _refused;

    public SocketServer(IReadOnlyList<Listener> listeners, SocketServerOptions options, BrokerLog log, TimeProvider time)
    {
        _listeners = listeners;
        _options = options;
        _log = log;
        _time = time;
        _budget = new ByteBudget(options.MaxBytesInFlight, time);
    }

    /// <summary>The bytes of all requests and answers.</summary>
    public ByteBudget Budget => _budget;

    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>The port of the first listener.</summary>
    public int Port => _listeners[0].Port;

    /// <summary>Signals parked requests that they must be answered now.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public int ConnectionCount
    {
        get
        {
            using (_gate.Enter())
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Connections that were ever let in.</summary>
    public long AcceptedCount => Volatile.Read(ref _accepted);

    /// <summary>Connections that were closed at once because as many were open as may be.</summary>
    public long RefusedCount => Volatile.Read(ref _refused);

    public void Start(RequestDispatch dispatch)
    {
        foreach (Listener listener in _listeners)
        {
            listener.Open();
            _loops.Add(AcceptAsync(listener, dispatch));
        }

        _loops.Add(SweepAsync());
    }

    /// <summary>Stops accepting, lets parked requests be answered, then closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (Listener listener in _listeners)
        {
            listener.Dispose();
        }

        Task drained = Drained();
        await CloseIdleAsync(drained).ConfigureAwait(false);
        foreach (Connection connection in Snapshot())
        {
            connection.Abort();
        }

        await drained.ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        _log.WriteHeld(all: true);
        _stopping.Dispose();
    }

    /// <summary>Gives requests that are being answered a short moment; connections that wait for a request get none.</summary>
    private async Task CloseIdleAsync(Task drained)
    {
        foreach (Connection connection in Snapshot())
        {
            if (connection.IsWaitingForRequest)
            {
                connection.Abort();
            }
        }

        using CancellationTokenSource done = new();
        Task grace = Task.Delay(StopGrace, TimeProvider.System, done.Token);
        await Task.WhenAny(drained, grace).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
    }

    private async Task AcceptAsync(Listener listener, RequestDispatch dispatch)
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, others want to connect as well.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                // Out of file handles, or a peer gone before it was accepted: the listener itself is fine.
                string reason = exception.Message;
                _log.Repeated.Write(nameof(ServerLog.NotAccepted), log => ServerLog.NotAccepted(log, reason));
                await Task.Delay(AcceptBackOff, TimeProvider.System).ConfigureAwait(false);
                continue;
            }

            Guarded.Run(_log, "the acceptance of connections", () => Admit(socket, listener, dispatch));
        }
    }

    private void Admit(Socket socket, Listener listener, RequestDispatch dispatch)
    {
        Connection connection;
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            connection = new Connection(
                socket, listener, dispatch, new ConnectionLimits(_options.MaxRequestBytes, _budget), _log, _time, _stopping.Token);
        }
        catch (SocketException)
        {
            // The peer reset the connection before its options could be set.
            socket.Dispose();
            return;
        }

        int limit = _options.MaxConnectionsPerAddress();
        bool hasRoom;
        using (_gate.Enter())
        {
            hasRoom = _connections.Count < _options.MaxConnections;
            int others = _addresses.GetValueOrDefault(connection.Address);
            if (hasRoom && others < limit && !_stopping.IsCancellationRequested)
            {
                _connections.Add(connection);
                _addresses[connection.Address] = others + 1;
                _accepted++;
                _running++;
                _ = RunAsync(connection);
                return;
            }
        }

        Refuse(connection, hasRoom, limit);
    }

    /// <param name="connection">It was one too many.</param>
    /// <param name="hasRoom">Whether it was so for its address only.</param>
    /// <param name="limit">How many that may have.</param>
    private void Refuse(Connection connection, bool hasRoom, int limit)
    {
        if (!_stopping.IsCancellationRequested)
        {
            Interlocked.Increment(ref _refused);
            string address = connection.Address.ToString();
            Action<ILogger> write = hasRoom
                ? log => ServerLog.RefusedAddress(log, address, limit)
                : log => ServerLog.Refused(log, _options.MaxConnections);
            _log.Repeated.Write(hasRoom ? nameof(ServerLog.RefusedAddress) : nameof(ServerLog.Refused), write);
        }

        connection.Dispose();
    }

    private async Task RunAsync(Connection connection)
    {
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            connection.Dispose();
            using (_gate.Enter())
            {
                _connections.Remove(connection);
                if (--CollectionsMarshal.GetValueRefOrNullRef(_addresses, connection.Address) == 0)
                {
                    _addresses.Remove(connection.Address);
                }

                if (--_running == 0)
                {
                    _drained?.TrySetResult();
                }
            }
        }
    }

    private async Task SweepAsync()
    {
        using PeriodicTimer timer = new(SweepInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                Guarded.Run(_log, "the sweep of connections", Sweep);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Sweep()
    {
        _log.WriteHeld();
        bool isNeeded = _budget.WasNeeded(SweepInterval);
        foreach (Connection connection in Snapshot())
        {
            if (connection.Idle > _options.IdleTimeout || connection.Unknown > AuthenticationTimeout)
            {
                connection.Abort();
            }
            else if (isNeeded && connection.Stall(_options.Stall) is { } reason)
            {
                _log.Repeated.Write(nameof(ServerLog.Stalled), log => ServerLog.Stalled(log, connection.Peer, reason));
                connection.Abort();
            }
        }
    }

    private Task Drained()
    {
        using (_gate.Enter())
        {
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_running == 0)
            {
                _drained.SetResult();
            }

            return _drained.Task;
        }
    }

    private Connection[] Snapshot()
    {
        using (_gate.Enter())
        {
            return [.. _connections];
        }
    }
}
