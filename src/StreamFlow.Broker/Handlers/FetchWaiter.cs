using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Wakes one waiting fetch when a partition it asked for advances, its time is over, or its connection ends. The order
/// is: <see cref="Arm"/>, look at the logs, <see cref="WaitAsync"/>; an advance after the look is never missed.
/// </summary>
internal sealed class FetchWaiter : IDisposable
{
    private readonly Action<PartitionLog> _onAdvanced;
    private readonly List<PartitionLog> _watched = [];
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _gone;
    private readonly CancellationTokenRegistration _stopping;
    private volatile TaskCompletionSource _signal = NewSignal();
    private volatile bool _expired;

    public FetchWaiter(TimeSpan longest, TimeProvider time, ConnectionContext connection)
    {
        _onAdvanced = _ => _signal.TrySetResult();
        _timer = time.CreateTimer(static state => ((FetchWaiter)state!).Expire(), this, longest, Timeout.InfiniteTimeSpan);
        _gone = connection.Gone.UnsafeRegister(static state => ((FetchWaiter)state!).Expire(), this);
        _stopping = connection.Stopping.UnsafeRegister(static state => ((FetchWaiter)state!).Expire(), this);
    }

    /// <summary>Whether there is no point in waiting longer.</summary>
    public bool IsExpired => _expired;

    public void Watch(PartitionLog log)
    {
        log.Advanced += _onAdvanced;
        _watched.Add(log);
    }

    public void Arm()
    {
        if (_signal.Task.IsCompleted && !_expired)
        {
            _signal = NewSignal();
            if (_expired)
            {
                // Expired between the check and the new signal, which nobody else will complete.
                _signal.TrySetResult();
            }
        }
    }

    public Task WaitAsync() => _signal.Task;

    public void Dispose()
    {
        foreach (PartitionLog log in _watched)
        {
            log.Advanced -= _onAdvanced;
        }

        _timer.Dispose();
        _gone.Dispose();
        _stopping.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Expire()
    {
        _expired = true;
        _signal.TrySetResult();
    }
}
