using System.Reactive.Concurrency;

namespace StreamFlow.Reactive;

/// <summary>
/// What waits for one observer. Whoever adds is held up only where the options say so; the observer is called on the scheduler,
/// one item after the other, and by Rx's grammar: items, then at most one end.
/// </summary>
/// <typeparam name="TKey">What items have in common of which only the latest counts.</typeparam>
/// <typeparam name="T">Type of the items.</typeparam>
internal sealed class ObserverQueue<TKey, T> : IDisposable
{
    /// <summary>How many items are handed over before others on the scheduler have their turn.</summary>
    private const int PerTurn = 64;

    private readonly object _gate = new();
    private readonly LinkedList<(TKey? Key, T Item)> _waiting = new();
    private readonly Dictionary<Wrapped, LinkedListNode<(TKey? Key, T Item)>>? _byKey;
    private readonly IObserver<T> _observer;
    private readonly ObservationOptions _options;
    private readonly Action<ObserverQueue<TKey, T>> _over;
    private readonly Action _dropped;
    private (bool IsSet, Exception? Error) _end;
    private bool _isDraining;
    private bool _isOver;
    private bool _isReleased;

    /// <param name="observer">The observer.</param>
    /// <param name="options">What to do when it is slow.</param>
    /// <param name="over">Called once when nothing more goes to it.</param>
    /// <param name="dropped">Called when an item gives way.</param>
    public ObserverQueue(
        IObserver<T> observer, ObservationOptions options, Action<ObserverQueue<TKey, T>> over, Action dropped)
    {
        (_observer, _options, _over, _dropped) = (observer, options, over, dropped);
        _byKey = options.SlowObserver == SlowObserver.Latest ? [] : null;
    }

    /// <summary>Whether nothing waits, and the observer is at nothing, as seen on its scheduler.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0;
            }
        }
    }

    /// <summary>Adds an item behind those that wait.</summary>
    public void Add(TKey? key, T item)
    {
        bool drains;
        lock (_gate)
        {
            if (_isOver || _end.IsSet || !MakeRoom(key))
            {
                drains = BeginDraining();
            }
            else
            {
                var node = _waiting.AddLast((key, item));
                _byKey?[new Wrapped(key)] = node;
                drains = BeginDraining();
            }
        }

        if (drains)
        {
            _options.Scheduler.Schedule(Drain);
        }
    }

    /// <summary>Nothing more comes: the observer gets what waits, and then the end.</summary>
    public void End(Exception? error)
    {
        bool drains;
        lock (_gate)
        {
            _end = _end.IsSet ? _end : (true, error);
            drains = BeginDraining();
            Monitor.PulseAll(_gate);
        }

        if (drains)
        {
            _options.Scheduler.Schedule(Drain);
        }
    }

    /// <summary>Nobody is held up any more until <see cref="Hold"/>.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isReleased = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Whoever adds may be held up again.</summary>
    public void Hold()
    {
        lock (_gate)
        {
            _isReleased = false;
        }
    }

    /// <summary>The observer gets nothing more, but for what it is in the middle of.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            _waiting.Clear();
            _byKey?.Clear();
            Monitor.PulseAll(_gate);
        }

        _over(this);
    }

    /// <summary>Under the lock: whether there is room for an item, perhaps after a while.</summary>
    private bool MakeRoom(TKey? key)
    {
        if (_byKey is not null && _byKey.Remove(new Wrapped(key), out var before))
        {
            _waiting.Remove(before);
            _dropped();
            return true;
        }

        while (_waiting.Count >= _options.Capacity)
        {
            switch (_options.SlowObserver)
            {
                case SlowObserver.Fail:
                    _end = (true, new ObserverTooSlowException(_options.Capacity));
                    return false;
                case SlowObserver.Block when _isReleased:
                    _dropped();
                    return false;
                case SlowObserver.Block:
                    Monitor.Wait(_gate);
                    if (_isOver || _end.IsSet)
                    {
                        return false;
                    }

                    break;
                default:
                    RemoveFirst();
                    _dropped();
                    break;
            }
        }

        return true;
    }

    private bool BeginDraining()
    {
        if (_isDraining || _isOver || (_waiting.Count == 0 && !_end.IsSet))
        {
            return false;
        }

        _isDraining = true;
        return true;
    }

    private T RemoveFirst()
    {
        var (key, item) = _waiting.First!.Value;
        _waiting.RemoveFirst();
        _byKey?.Remove(new Wrapped(key));
        return item;
    }

    private void Drain()
    {
        for (var done = 0; done < PerTurn; done++)
        {
            T item;
            lock (_gate)
            {
                if (_isOver || (_waiting.Count == 0 && !_end.IsSet))
                {
                    _isDraining = false;
                    return;
                }

                if (_waiting.Count == 0)
                {
                    break;
                }

                item = RemoveFirst();
                Monitor.Pulse(_gate);
            }

            HandOver(item);
        }

        if (!TryEnd())
        {
            _options.Scheduler.Schedule(Drain);
        }
    }

    /// <summary>What an observer throws is the scheduler's, as everywhere in Rx; the observer gets nothing more.</summary>
    private void HandOver(T item)
    {
        var isTaken = false;
        try
        {
            _observer.OnNext(item);
            isTaken = true;
        }
        finally
        {
            if (!isTaken)
            {
                Dispose();
            }
        }
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_isOver || _waiting.Count > 0 || !_end.IsSet)
            {
                return _isOver;
            }
        }

        Dispose();
        if (_end.Error is { } error)
        {
            _observer.OnError(error);
        }
        else
        {
            _observer.OnCompleted();
        }

        return true;
    }

    /// <summary>A key in a dictionary, which takes no null.</summary>
    private readonly record struct Wrapped(TKey? Key);
}
