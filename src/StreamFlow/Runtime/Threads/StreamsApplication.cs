using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Runtime;

namespace StreamFlow;

/// <summary>
/// A topology at work: started, it joins its group, takes over partitions, restores state and processes records until
/// it is stopped. Usually run by StreamFlow.Hosting; this class is what that does its work with.
/// </summary>
public sealed partial class StreamsApplication : IAsyncDisposable, IDisposable
{
    private readonly Topology _topology;
    private readonly StreamFlowOptions _options;
    private readonly IKafkaClients _clients;
    private readonly StreamsServices _services;
    private readonly ILogger _logger;
    private static readonly TimeSpan GlobalsPause = TimeSpan.FromMilliseconds(50);
    private readonly InsideWaits _inside;
    private readonly ApplicationLife _life;
    private readonly StreamThreads _threads;
    private readonly ApplicationTaps _taps;
    private readonly CancellationTokenSource _stopping = new();
    private ApplicationMeter? _meter;
    private ThreadServices? _threadServices;
    private ClusterWatch? _watch;
    private ProgressWatch? _progressWatch;
    private GlobalThread? _globals;
    private int _isFinished;
    private volatile bool _waitGivenUp;

    /// <summary>Creates an application; nothing runs before <see cref="StartAsync"/>.</summary>
    /// <param name="topology">What it does.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="clients">Its way to Kafka.</param>
    /// <param name="services">Stores, clock and logging.</param>
    /// <exception cref="ArgumentException">Settings are wrong; the message lists all of them.</exception>
    /// <exception cref="TopologyException">Names of internal topics are too long with the application's id.</exception>
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

        Planning.InternalTopicLengths.Check(topology.Plan, options.ApplicationId);
        _topology = topology;
        _options = options with { };
        _clients = clients;
        _services = services ?? new StreamsServices();
        _logger = new GuardedLogger(
            _services.Logging.CreateLogger("StreamFlow.StreamsApplication"), project: 1, () => _meter?.Application.LogFailed());
        _taps = new ApplicationTaps(_options.ApplicationId, () => topology.Plan.Taps, _logger);
        _inside = new InsideWaits(_options.ApplicationId, _services.Time);
        _life = new ApplicationLife(_options.ApplicationId, _logger, _services.Time, _inside, Raise);
        _threads = new StreamThreads(_options, _life, _inside, _services, _logger) { Ended = Finish };
    }

    /// <summary>
    /// Raised after each change of <see cref="State"/>: in order, one after the other, on a thread that does nothing else and
    /// under no lock. A listener that is slow holds up nobody, but for the end of the application, which waits up to 15 seconds
    /// until all were told; one that throws is logged, and the others are told all the same.
    /// </summary>
    public event EventHandler<StreamsState>? StateChanged;

    /// <summary>Where the application is in its life.</summary>
    public StreamsState State => _life.State;

    /// <summary>Ends when the application has stopped; faulted with the cause when an error stopped it.</summary>
    public Task Completion => _life.Completion;

    /// <summary>The application's name.</summary>
    public string ApplicationId => _options.ApplicationId;

    /// <summary>State, threads and tasks at this moment.</summary>
    public StreamsStatus Status =>
        new(State, [.. _threads.Living.Select(t => t.Status)], _life.Error)
        {
            FailuresInARow = _threads.FailuresInARow,
            Problems = _watch?.Problems ?? [],
            Warnings = _threadServices?.Warnings.All ?? [],
            GlobalThread = ThreadProgress.Of(_globals, _options.ProgressTimeout),
            Outage = _clients.Outage,
            Unread = _watch?.Unread ?? [],
            Stuck = _progressWatch?.Stuck ?? [],
            Failures = _threadServices?.Errors.Failures.Last ?? [],
        };

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
        _threads.Hold();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            await StartThreadsAsync(either.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Ends what failed, was cancelled or was stopped meanwhile.
            _threads.Release();
        }
    }

    /// <summary>
    /// Stops: every thread ends its current record, commits what it has processed, closes its stores and leaves the
    /// group. Calling it again waits for the same end. An operator, a handler or a listener may call it, but not wait for it:
    /// the end waits for them.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not the stopping.</param>
    /// <returns>A task that ends when everything has stopped.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before everything had stopped.</exception>
    /// <exception cref="InvalidOperationException">
    /// It was waited for inside an operator, a handler or a listener, which would never end. The application stops.
    /// </exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        _life.TryMove(StreamsEvent.Stop);
        _threads.Stop();

        // A start may wait for a broker that does not answer.
        _ = _stopping.CancelAsync();
        if (_threads.IsEmpty)
        {
            Finish();
        }

        try
        {
            await _inside.WaitAsync(_life.Completion, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _waitGivenUp = true;
            throw;
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

        _meter?.Dispose();
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, and blocks until then. For those who dispose of a service provider with <c>using</c>;
    /// <c>await using</c> holds up no thread.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <param name="stopping">The caller gives up, or the application is stopped.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    private async Task StartThreadsAsync(CancellationToken stopping, CancellationToken cancellationToken)
    {
        _life.Move(StreamsEvent.Start);
        _taps.Starting();
        try
        {
            _meter = ApplicationGauges.Show(this, _options, _services.Time);
            var start = new ApplicationStart(_topology, _options, _clients, _services, _meter, _logger);
            _threadServices = await start.PrepareAsync(() => State == StreamsState.PendingShutdown, stopping)
                .ConfigureAwait(false);
            _watch = new ClusterWatch(
                _threadServices,
                _threads.Rejoin,
                FailByTopics,
                () => _threads.Living.SelectMany(t => t.Status.Tasks).Select(t => t.TaskId));
            _threadServices.Watch = _watch;
            _watch.Start();
            _progressWatch = new ProgressWatch(_threads, () => _globals, _options, _threadServices);
            await StartGlobalsAsync(_threadServices, stopping).ConfigureAwait(false);
            _threads.Start(_threadServices);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _life.TryMove(StreamsEvent.Stop);
            throw;
        }
        catch (OperationCanceledException) when (State == StreamsState.PendingShutdown)
        {
            // Stopped before the broker could be reached: nothing runs, and nobody has to be told again.
        }
        catch (Exception exception)
        {
            _life.Fail(exception);
            throw;
        }
    }

    /// <summary>No task runs before the rows it may look up are there.</summary>
    private async Task StartGlobalsAsync(ThreadServices services, CancellationToken cancellationToken)
    {
        if (_topology.Plan.Globals.Count == 0)
        {
            return;
        }

        _globals = new GlobalThread(services, _inside.Enter, FailByGlobals);
        _globals.Start();
        while (!_globals.Complete.IsCompleted)
        {
            if (!_life.GoesOn)
            {
                throw new OperationCanceledException("The application is stopped while it starts.");
            }

            await Task.WhenAny(_globals.Complete, Task.Delay(GlobalsPause, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        await _globals.Complete.ConfigureAwait(false);
    }

    /// <summary>Tasks would go on with rows that get older and older.</summary>
    private void FailByGlobals(Exception error)
    {
        if (_life.GoesOn)
        {
            GlobalLog.Failed(_logger, error, _options.ApplicationId);
            _life.Fail(error);
            _threads.Stop();
        }
    }

    /// <summary>The topics do not fit any more: no thread could go on, and another one could not either.</summary>
    private void FailByTopics(Exception error)
    {
        if (_life.GoesOn)
        {
            RuntimeLog.TopicsDoNotFit(_logger, error, _options.ApplicationId);
            _life.Fail(error);
            _threads.Stop();
        }
    }

    private void Raise(StreamsState state)
    {
        _taps.Changed(state);
        foreach (var listener in Delegate.EnumerateInvocationList(StateChanged))
        {
            try
            {
                listener(this, state);
            }
#pragma warning disable CA1031 // It is the user's, and nobody else catches what it throws.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ThreadLog.ListenerFailed(_logger, exception, _options.ApplicationId, state);
            }
        }
    }
}
