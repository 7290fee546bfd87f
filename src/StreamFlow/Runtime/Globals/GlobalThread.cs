using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Keeps the global tables of this instance: reads them up to what is there, and from then on whatever comes. One per
/// application. When it fails the application ends, because its tasks would go on with rows that get older and older.
/// </summary>
internal sealed class GlobalThread : IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);
    private readonly ThreadServices _services;
    private readonly Action<WorkAtHand> _entered;
    private readonly Action<Exception> _failed;
    private readonly GlobalCopy _copy;
    private readonly WorkAtHand _work;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="services">What threads share.</param>
    /// <param name="entered">Called first on the thread: what runs on it is inside the application.</param>
    /// <param name="failed">Called when it fails after it was complete.</param>
    public GlobalThread(ThreadServices services, Action<WorkAtHand> entered, Action<Exception> failed)
    {
        _services = services;
        _entered = entered;
        _failed = failed;
        _work = new WorkAtHand(services.Time);
        _copy = new GlobalCopy(services, _work);
        Steps = new StepWatch(_work, services.Time);
        var clientId = services.Options.ClientId is { Length: > 0 } given ? given : services.Options.ApplicationId;
        Name = $"{clientId}-GlobalStreamThread";
        _thread = new Thread(Run) { Name = Name, IsBackground = true };
    }

    public string Name { get; }

    /// <summary>Since when it has been at what it is at.</summary>
    public StepWatch Steps { get; }

    /// <summary>Ends when all that was there at the start is applied; faulted when that cannot be.</summary>
    public Task Complete => _complete.Task;

    public void Start() => _thread.Start();

    /// <summary>Ends the thread and closes the stores; nobody may read them any more.</summary>
    public void Dispose()
    {
        _stopping.Set();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _copy.Dispose();
            _stopping.Dispose();
            return;
        }

        _thread.Join();
        _complete.TrySetCanceled();

        // Not on the thread itself: one that has failed leaves what it has to those that still read it.
        _copy.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        _entered(_work);
        try
        {
            var began = _services.Time.GetTimestamp();
            Insist(_copy.Open, began);
            GlobalLog.Restoring(_services.Logger, _services.Options.ApplicationId, _copy.Remaining);
            Restore(began);
            while (!_stopping.IsSet)
            {
                Turn();
            }
        }
#pragma warning disable CA1031 // The one place where a failure of this thread is caught.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_complete.TrySetException(exception))
            {
                _failed(exception);
            }
        }
    }

    private void Restore(long began)
    {
        var told = began;
        while (!_copy.IsComplete && !_stopping.IsSet)
        {
            Turn();
            if (_services.Time.GetElapsedTime(told) > Patience)
            {
                told = _services.Time.GetTimestamp();
                GlobalLog.StillRestoring(
                    _services.Logger, _services.Options.ApplicationId, _services.Time.GetElapsedTime(began), _copy.Remaining);
            }
        }

        if (_copy.IsComplete)
        {
            _copy.Show();
            GlobalLog.Complete(_services.Logger, _services.Options.ApplicationId, _services.Time.GetElapsedTime(began));
            _complete.SetResult();
        }
    }

    private void Turn()
    {
        try
        {
            _copy.Turn(PollTimeout);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
        {
            GlobalLog.Interrupted(_services.Logger, exception, _services.Options.ApplicationId);
            _stopping.Wait(RetryDelay);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.OffsetOutOfRange)
        {
            throw new StateStoreException(
                $"What comes next of a global table has been deleted from its topic ({Sentences.End(exception.Message)}). Start again: the table is "
                + "read anew then. Its topic must keep the latest record of each key (cleanup.policy=compact).",
                exception);
        }
    }

    /// <summary>Broker and service often come back together.</summary>
    private void Insist(Action open, long began)
    {
        while (!_stopping.IsSet)
        {
            try
            {
                open();
                return;
            }
            catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable
                && _services.Time.GetElapsedTime(began) < _services.Options.TaskTimeout)
            {
                GlobalLog.Interrupted(_services.Logger, exception, _services.Options.ApplicationId);
                _stopping.Wait(RetryDelay);
            }
        }
    }
}
