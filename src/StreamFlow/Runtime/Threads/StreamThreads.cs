using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// The stream threads of an application, and what becomes of one that fails. Its lock guards the list of threads and nothing
/// else: handlers and listeners are called without it.
/// </summary>
/// <param name="options">The application's settings.</param>
/// <param name="life">Learns what happens to the threads.</param>
/// <param name="inside">Learns that what runs on a thread is inside the application.</param>
/// <param name="services">Clock and more.</param>
/// <param name="logger">The application's log.</param>
internal sealed class StreamThreads(
    StreamFlowOptions options, ApplicationLife life, InsideWaits inside, StreamsServices services, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<StreamThread> _threads = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ThreadFailures _failures = new(services.Time, options.TaskTimeout);
    private ThreadServices? _shared;
    private int _pending;
    private bool _hasNoTasks;

    /// <summary>Called when the last thread has ended and none comes any more; perhaps more than once.</summary>
    public required Action Ended { get; init; }

    /// <summary>Whether nothing runs, and nothing is about to.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return IsOver;
            }
        }
    }

    /// <summary>How often threads have failed in a row.</summary>
    public int FailuresInARow
    {
        get
        {
            lock (_gate)
            {
                return _failures.InARow;
            }
        }
    }

    /// <summary>The threads that live at this moment.</summary>
    public IReadOnlyList<StreamThread> Living
    {
        get
        {
            lock (_gate)
            {
                return [.. _threads];
            }
        }
    }

    /// <summary>Something is to come: until <see cref="Release"/> nothing has ended.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _pending++;
        }
    }

    /// <summary>What was to come has come, or comes no more.</summary>
    public void Release()
    {
        bool isLast;
        lock (_gate)
        {
            _pending--;
            isLast = IsOver;
        }

        if (isLast)
        {
            Ended();
        }
        else
        {
            Settle();
        }
    }

    /// <summary>
    /// Starts all threads, unless the application has been stopped meanwhile. A topology of global tables alone has no tasks and needs
    /// none: it runs until it is stopped.
    /// </summary>
    public void Start(ThreadServices shared)
    {
        lock (_gate)
        {
            _shared = shared;
            if (shared.Topics.Plan.SubTopologies.Count == 0)
            {
                _hasNoTasks = life.GoesOn;
                return;
            }

            for (var i = 0; life.GoesOn && i < options.NumStreamThreads; i++)
            {
                StartOne();
            }
        }
    }

    /// <summary>Asks all threads to end, and none to come.</summary>
    public void Stop()
    {
        bool isLast;
        lock (_gate)
        {
            _threads.ForEach(t => t.Stop());
            (isLast, _hasNoTasks) = (_hasNoTasks, false);
        }

        _stopped.TrySetResult();
        if (isLast)
        {
            _ = EndElsewhereAsync();
        }
    }

    /// <summary>The end waits for the thread of global tables, which may be the one that stops.</summary>
    private async Task EndElsewhereAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Ended();
    }

    /// <summary>All threads join anew, or the one with the least to lose.</summary>
    public void Rejoin(bool all)
    {
        foreach (var thread in Living.OrderBy(t => t.Status.Tasks.Count).Take(all ? int.MaxValue : 1))
        {
            thread.Rejoin();
        }
    }

    /// <summary>Under the lock: nothing runs, and nothing is about to.</summary>
    private bool IsOver => _threads.Count + _pending == 0 && !_hasNoTasks;

    private void StartOne()
    {
        // One that replaces another takes over its number and with it its identities towards the broker.
        var index = Enumerable.Range(1, options.NumStreamThreads).First(i => _threads.TrueForAll(t => t.Index != i));
        var thread = new StreamThread(_shared!, index, inside, _ => Settle(), OnEnded);
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>The application runs when all its threads are there and have settled.</summary>
    private void Settle()
    {
        IReadOnlyList<StreamThread> running = [];
        lock (_gate)
        {
            var settled = _pending == 0 && _threads.TrueForAll(t => t.IsSettled);
            if (life.TryMove(settled ? StreamsEvent.ThreadsRunning : StreamsEvent.ThreadsBusy) && settled)
            {
                running = [.. _threads];
            }
        }

        if (running.Count > 0)
        {
            // The log is the user's, and may take its time.
            TaskId[] tasks = [.. running.SelectMany(t => t.Status.Tasks).Select(t => t.TaskId).Order()];
            RuntimeLog.Runs(logger, options.ApplicationId, tasks, running.Count, running.Sum(t => t.TakeRestored()));
        }
    }

    private void OnEnded(StreamThread thread, Exception? error)
    {
        Hold();
        lock (_gate)
        {
            _threads.Remove(thread);
        }

        if (error is not null)
        {
            // Before anybody is asked: what the handler does, and be it to stop the application, does not undo the failure.
            life.Remember(error);
            Settle();
            Decide(thread, error);
        }

        Release();
    }

    private void Decide(StreamThread thread, Exception error)
    {
        _shared!.Meter.Threads.Failed(_shared.Meter.Tag);
        var response = Ask(thread, error);
        RuntimeLog.ThreadDied(logger, error, thread.Name, response);
        if (response != ThreadFailureResponse.ReplaceThread || !life.GoesOn || !TryReplace(error))
        {
            life.Fail(error);
            Stop();
        }
    }

    private ThreadFailureResponse Ask(StreamThread thread, Exception error)
    {
        try
        {
            return options.ThreadFailureHandler(error);
        }
#pragma warning disable CA1031 // It is the user's; on this thread nobody else catches what it throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ThreadLog.FailureHandlerFailed(logger, exception, thread.Name, error.Message);
            return ThreadFailureResponse.ShutdownClient;
        }
    }

    /// <returns>False when it has been tried long enough.</returns>
    private bool TryReplace(Exception error)
    {
        TimeSpan? wait;
        int count;
        TimeSpan failing;
        lock (_gate)
        {
            wait = _failures.Next(error);
            (count, failing) = (_failures.InARow, _failures.Failing);
        }

        if (wait is null)
        {
            ThreadLog.ReplacementsGivenUp(logger, options.ApplicationId, count, failing, options.TaskTimeout);
            return false;
        }

        if (wait > TimeSpan.Zero)
        {
            ThreadLog.ReplacementWaits(logger, options.ApplicationId, count, wait.Value);
        }

        Hold();
        _ = ReplaceAsync(wait.Value);
        return true;
    }

    private async Task ReplaceAsync(TimeSpan wait)
    {
        await Task.WhenAny(Task.Delay(wait, services.Time), _stopped.Task).ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (life.GoesOn)
                {
                    StartOne();
                }
            }
        }
#pragma warning disable CA1031 // No thread can be made, for want of memory for example: nobody else would hear of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            life.Fail(exception);
            Stop();
        }

        Release();
    }
}
