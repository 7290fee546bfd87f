using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Runtime;

namespace StreamFlow;

/// <summary>
/// A topology at work: started, it joins its group, takes over partitions, restores state and processes records until
/// it is stopped. Usually run by StreamFlow.Hosting; this class is what that does its work with.
/// </summary>
public sealed class StreamsApplication : IAsyncDisposable
{
    private readonly Topology _topology;
    private readonly StreamFlowOptions _options;
    private readonly IKafkaClients _clients;
    private readonly StreamsServices _services;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<StreamThread> _threads = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ThreadServices? _threadServices;
    private ClusterWatch? _watch;
    private Exception? _error;
    private bool _starting;
    private volatile bool _waitGivenUp;

    /// <summary>Creates an application; nothing runs before <see cref="StartAsync"/>.</summary>
    /// <param name="topology">What it does.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="clients">Its way to Kafka.</param>
    /// <param name="services">Stores, clock and logging.</param>
    /// <exception cref="ArgumentException">Settings are wrong; the message lists all of them.</exception>
    public StreamsApplication(
        Topology topology, StreamFlowOptions options, IKafkaClients clients, StreamsServices? services = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clients);
        var errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException("The options are not valid: " + string.Join(" ", errors), nameof(options));
        }

        _topology = topology;
        _options = options with { };
        _clients = clients;
        _services = services ?? new StreamsServices();
        _logger = _services.Logging.CreateLogger("StreamFlow.StreamsApplication");
    }

    /// <summary>Raised after each change of <see cref="State"/>, on the thread that caused it; must return soon.</summary>
    public event EventHandler<StreamsState>? StateChanged;

    /// <summary>Where the application is in its life.</summary>
    public StreamsState State { get; private set; } = StreamsState.Created;

    internal State.StoreViews? Views => _threadServices?.Views;

    /// <summary>Ends when the application has stopped; faulted with the cause when an error stopped it.</summary>
    public Task Completion => _ended.Task;

    /// <summary>The application's name.</summary>
    public string ApplicationId => _options.ApplicationId;

    /// <summary>State, threads and tasks at this moment.</summary>
    public StreamsStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new StreamsStatus(State, [.. _threads.Select(t => t.Status)], _error) { Problems = _watch?.Problems ?? [] };
            }
        }
    }

    /// <summary>Checks the topics, creates internal ones, and starts the stream threads.</summary>
    /// <param name="cancellationToken">Gives up before anything runs; the application has stopped then.</param>
    /// <returns>A task that ends when the threads have started, to join from then on, or it was stopped.</returns>
    /// <exception cref="TopologyException">The topics do not fit the topology.</exception>
    /// <exception cref="KafkaClientException">The broker refuses, or does not answer within TaskTimeout.</exception>
    /// <exception cref="StateStoreException">The state directory cannot be used.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            Move(StreamsEvent.Start);
            _starting = true;
        }

        try
        {
            var start = new ApplicationStart(_topology, _options, _clients, _services, _logger);
            _threadServices = await start.PrepareAsync(() => State == StreamsState.PendingShutdown, cancellationToken)
                .ConfigureAwait(false);
            _watch = new ClusterWatch(_threadServices, Rejoin, Fail);
            _threadServices.Watch = _watch;
            _watch.Start();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            EndStart(StreamsEvent.Stop);
            throw;
        }
        catch (OperationCanceledException) when (State == StreamsState.PendingShutdown)
        {
            // Stopped before the broker could be reached: nothing runs, and nobody has to be told again.
        }
        catch (Exception exception)
        {
            _error = exception;
            EndStart(StreamsEvent.Fail);
            throw;
        }

        EndStart(null);
    }

    /// <summary>
    /// Stops: every thread ends its current record, commits what it has processed, closes its stores and leaves the
    /// group. Calling it again waits for the same end.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not the stopping.</param>
    /// <returns>A task that ends when everything has stopped.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before everything had stopped.</exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        bool nothingRuns;
        lock (_gate)
        {
            MoveIfAllowed(StreamsEvent.Stop);

            _threads.ForEach(t => t.Stop());
            nothingRuns = _threads.Count == 0 && !_starting;
        }

        if (nothingRuns)
        {
            Finish();
        }

        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_ended.Task.IsCompleted)
        {
            _waitGivenUp = true;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// Stops and waits for the end as <see cref="StopAsync"/> does; but when a call of that has given up waiting, it
    /// does not wait either: a record that hangs must not keep the process from ending.
    /// </summary>
    /// <returns>A task that ends when everything has stopped, or at once.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_waitGivenUp)
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    /// <summary>All threads join anew, or the one with the least to lose.</summary>
    private void Rejoin(bool all)
    {
        lock (_gate)
        {
            var leaving = _threads.OrderBy(t => t.Status.Tasks.Count).Take(all ? int.MaxValue : 1);
            leaving.ToList().ForEach(t => t.Rejoin());
        }
    }

    /// <summary>The topics do not fit any more: no thread could go on, and another one could not either.</summary>
    private void Fail(Exception error)
    {
        lock (_gate)
        {
            if (State is StreamsState.Rebalancing or StreamsState.Running)
            {
                _error = error;
                RuntimeLog.TopicsDoNotFit(_logger, error, _options.ApplicationId);
                MoveIfAllowed(StreamsEvent.Fail);
                _threads.ForEach(t => t.Stop());
            }
        }
    }

    /// <summary>Starts the threads, or ends what failed, was cancelled or was stopped meanwhile.</summary>
    private void EndStart(StreamsEvent? instead)
    {
        lock (_gate)
        {
            _starting = false;
            if (instead is { } happened)
            {
                MoveIfAllowed(happened);
            }

            for (var i = 0; State == StreamsState.Rebalancing && i < _options.NumStreamThreads; i++)
            {
                StartThread();
            }

            if (_threads.Count > 0)
            {
                return;
            }
        }

        Finish();
    }

    private void StartThread()
    {
        lock (_gate)
        {
            // One that replaces another takes over its number and with it its identities towards the broker.
            var index = Enumerable.Range(1, _options.NumStreamThreads).First(i => _threads.TrueForAll(t => t.Index != i));
            var thread = new StreamThread(_threadServices!, index, OnThreadChanged, OnThreadEnded);
            _threads.Add(thread);
            thread.Start();
        }
    }

    private void OnThreadChanged(StreamThread thread)
    {
        lock (_gate)
        {
            var settled = _threads.TrueForAll(t => t.Status.IsSettled);
            MoveIfAllowed(settled ? StreamsEvent.ThreadsRunning : StreamsEvent.ThreadsBusy);
        }
    }

    private void OnThreadEnded(StreamThread thread, Exception? error)
    {
        bool last;
        lock (_gate)
        {
            _threads.Remove(thread);
            if (error is not null)
            {
                Decide(thread, error);
            }

            last = _threads.Count == 0;
        }

        if (last)
        {
            Finish();
        }
    }

    private void Decide(StreamThread thread, Exception error)
    {
        _error = error;
        var response = _options.ThreadFailureHandler(error);
        RuntimeLog.ThreadDied(_logger, error, thread.Name, response);
        if (response == ThreadFailureResponse.ReplaceThread
            && State is StreamsState.Rebalancing or StreamsState.Running)
        {
            StartThread();
            return;
        }

        MoveIfAllowed(StreamsEvent.Fail);

        _threads.ForEach(t => t.Stop());
    }

    private void Finish()
    {
        lock (_gate)
        {
            _watch?.Dispose();
            _watch = null;
            _threadServices?.StateDirectory?.Dispose();
            MoveIfAllowed(StreamsEvent.Stopped);
        }

        if (State == StreamsState.Error)
        {
            _ended.TrySetException(_error ?? new StreamsException("The application failed."));
            _ = _ended.Task.Exception;
        }
        else
        {
            _ended.TrySetResult();
        }
    }

    private void MoveIfAllowed(StreamsEvent happened)
    {
        if (StreamsStates.Next(State, happened) is not null)
        {
            Move(happened);
        }
    }

    private void Move(StreamsEvent happened)
    {
        StreamsState from;
        lock (_gate)
        {
            from = State;
            State = StreamsStates.Next(State, happened)
                ?? throw new InvalidOperationException(
                    $"Application '{_options.ApplicationId}' cannot take {happened} in state {State}.");
        }

        RuntimeLog.StateChanged(_logger, _options.ApplicationId, from, State);
        StateChanged?.Invoke(this, State);
    }
}
