using System.Reactive.Disposables;

namespace StreamFlow.Reactive;

/// <summary>
/// The records of a stream or a table while applications run: hot, so an observer sees what comes after it has subscribed. It completes when
/// the application has stopped, and fails with what ended it. Whoever subscribes after the end is told the same at once, until an application
/// with the topology starts again.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class RecordObservable<TKey, TValue> : IObservable<Record<TKey, TValue>>
{
    private readonly ObservationOptions _options;
    private readonly Lock _gate = new();
    private volatile ObserverQueue<TKey, Record<TKey, TValue>>[] _observers = [];
    private long _dropped;
    private bool _hasEnded;
    private Exception? _error;

    internal RecordObservable(ObservationOptions options)
    {
        _options = options;
        Tap = new Bridge(this) { CommittedOnly = options.CommittedOnly };
    }

    /// <summary>How many records have given way because an observer was slow, of all observers together.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    internal RecordTap<TKey, TValue> Tap { get; }

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<Record<TKey, TValue>> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            if (!_hasEnded)
            {
                var queue = new ObserverQueue<TKey, Record<TKey, TValue>>(
                    observer, _options, Remove, () => Interlocked.Increment(ref _dropped));
                _observers = [.. _observers, queue];
                return queue;
            }
        }

        if (_error is not null)
        {
            observer.OnError(_error);
        }
        else
        {
            observer.OnCompleted();
        }

        return Disposable.Empty;
    }

    private void Remove(ObserverQueue<TKey, Record<TKey, TValue>> queue)
    {
        lock (_gate)
        {
            _observers = [.. _observers.Where(other => other != queue)];
        }
    }

    private void Start()
    {
        lock (_gate)
        {
            (_hasEnded, _error) = (false, null);
            foreach (var queue in _observers)
            {
                queue.Hold();
            }
        }
    }

    private void End(Exception? error)
    {
        ObserverQueue<TKey, Record<TKey, TValue>>[] observers;
        lock (_gate)
        {
            (_hasEnded, _error) = (true, error);
            observers = _observers;
        }

        foreach (var queue in observers)
        {
            queue.End(error);
        }
    }

    /// <summary>What the topology knows of the observable.</summary>
    private sealed class Bridge(RecordObservable<TKey, TValue> owner) : RecordTap<TKey, TValue>
    {
        protected override void Starting() => owner.Start();

        protected override void Stopping()
        {
            foreach (var queue in owner._observers)
            {
                queue.Release();
            }
        }

        protected override void Ended(Exception? error) => owner.End(error);

        protected override void Take(TaskId taskId, in Record<TKey, TValue> record)
        {
            foreach (var queue in owner._observers)
            {
                queue.Add(record.Key, record);
            }
        }
    }
}
