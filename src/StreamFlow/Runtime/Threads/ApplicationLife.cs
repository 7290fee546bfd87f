using Microsoft.Extensions.Logging;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Where an application is in its life, what stopped it, and who is told. Changes are made under a lock in which nothing but
/// the table of states is looked at; log and listeners follow in order, on a thread of their own.
/// </summary>
internal sealed class ApplicationLife
{
    /// <summary>How long the end waits for listeners that have not been told of all changes yet.</summary>
    private static readonly TimeSpan ListenersLimit = TimeSpan.FromSeconds(15);

    private readonly string _applicationId;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Action<StreamsState> _changed;
    private readonly StateListeners _listeners;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile StreamsState _state = StreamsState.Created;
    private volatile Exception? _error;

    /// <param name="applicationId">Name of the application.</param>
    /// <param name="logger">Its log.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="inside">Learns that listeners are inside the application.</param>
    /// <param name="changed">Tells of a new state, under no lock; must not throw.</param>
    public ApplicationLife(
        string applicationId, ILogger logger, TimeProvider time, InsideWaits inside, Action<StreamsState> changed)
    {
        _applicationId = applicationId;
        _logger = logger;
        _time = time;
        _changed = changed;
        _listeners = new StateListeners(applicationId, new WorkAtHand(time), inside.Enter, Tell);
    }

    public StreamsState State => _state;

    /// <summary>What stopped the application, or its last failed thread.</summary>
    public Exception? Error => _error;

    public Task Completion => _ended.Task;

    /// <summary>Whether the application is to go on: a thread that has failed may be replaced.</summary>
    public bool GoesOn => _state is StreamsState.Rebalancing or StreamsState.Running;

    /// <summary>Goes from state to state.</summary>
    /// <exception cref="InvalidOperationException">It is not allowed there.</exception>
    public void Move(StreamsEvent happened)
    {
        if (!TryMove(happened))
        {
            throw new InvalidOperationException($"Application '{_applicationId}' cannot take {happened} in state {State}.");
        }
    }

    /// <summary>Goes from state to state, if that is allowed there.</summary>
    public bool TryMove(StreamsEvent happened)
    {
        lock (_gate)
        {
            var from = _state;
            if (StreamsStates.Next(from, happened) is not { } to)
            {
                return false;
            }

            _state = to;
            _listeners.Add(from, to);
            return true;
        }
    }

    /// <summary>A thread failed that may be replaced.</summary>
    public void Remember(Exception error)
    {
        lock (_gate)
        {
            if (_state is not (StreamsState.PendingError or StreamsState.Error))
            {
                _error = error;
            }
        }
    }

    /// <summary>The application ends by an error. What else fails on the way is not what ended it.</summary>
    public void Fail(Exception error)
    {
        lock (_gate)
        {
            if (StreamsStates.Next(_state, StreamsEvent.Fail) is not null)
            {
                _error = error;
                TryMove(StreamsEvent.Fail);
            }
        }
    }

    /// <summary>Nothing runs any more. The last change is told before the end is.</summary>
    public async Task EndAsync()
    {
        TryMove(StreamsEvent.Stopped);
        var told = _listeners.WhenTold();
        var limit = Task.Delay(ListenersLimit, _time);
        if (await Task.WhenAny(told, limit).ConfigureAwait(false) != told)
        {
            ThreadLog.ListenerSlow(_logger, _applicationId, ListenersLimit);
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

    private void Tell(StreamsState from, StreamsState to)
    {
        RuntimeLog.StateChanged(_logger, _applicationId, from, to);
        _changed(to);
    }
}
