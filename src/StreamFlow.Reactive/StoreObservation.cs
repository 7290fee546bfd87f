using System.Reactive.Concurrency;
using System.Reactive.Disposables;
using StreamFlow.State;

namespace StreamFlow.Reactive;

/// <summary>One observer of a store: what it has been shown, and the looks for what is new.</summary>
#pragma warning disable CA1001 // The observer has what disposes of it.
internal sealed class StoreObservation<TKey, TValue>(
    StreamsApplication application,
    string store,
    StoreObservationOptions options,
    Func<StoreQueryOptions, IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>>> rows,
    IObserver<Record<TKey, TValue>> observer)
    where TKey : notnull
#pragma warning restore CA1001
{
    private readonly Dictionary<int, Shown> _shown = [];
    private readonly BooleanDisposable _isStopped = new();
    private bool _isWithObserver;

    public IDisposable Start()
    {
        var next = new SerialDisposable();
        next.Disposable = options.Scheduler.Schedule(() => Turn(next));
        return StableCompositeDisposable.Create(_isStopped, next);
    }

    private void Turn(SerialDisposable next)
    {
        if (application.Completion.IsCompleted)
        {
            End();
            return;
        }

        try
        {
            Look();
        }
        catch (StoreQueryException exception) when (exception.IsTransient || exception.Failure == StoreQueryFailure.NotRunning)
        {
            // Tasks come and go; the next look sees which are here.
        }
#pragma warning disable CA1031 // The observer's, as everywhere in Rx; what its own methods throw comes from outside of the reads.
        catch (Exception exception) when (!_isWithObserver)
#pragma warning restore CA1031
        {
            observer.OnError(exception);
            return;
        }

        if (!_isStopped.IsDisposed)
        {
            next.Disposable = options.Scheduler.Schedule(options.Interval, () => Turn(next));
        }
    }

    private void Look()
    {
        var here = application.Stores.Partitions(store)
            .Where(partition => !partition.IsRestoring || options.Query.AllowsRestoring)
            .Where(partition => options.Query.Partition is null || options.Query.Partition == partition.TaskId.Partition)
            .ToList();
        foreach (var gone in _shown.Keys.Except(here.Select(partition => partition.TaskId.Partition)).ToList())
        {
            _shown.Remove(gone);
        }

        foreach (var partition in here)
        {
            Look(partition);
        }
    }

    private void Look(StorePartition partition)
    {
        if (!_shown.TryGetValue(partition.TaskId.Partition, out var shown))
        {
            _shown.Add(partition.TaskId.Partition, shown = new Shown());
        }

        if (shown.IsAt(partition) && options.Query.Isolation == ReadIsolation.Committed)
        {
            return;
        }

        var now = new Dictionary<TKey, ValueAndTimestamp<TValue>>();
        foreach (var (key, row) in rows(options.Query with { Partition = partition.TaskId.Partition, RequiresAllPartitions = false }))
        {
            now[key] = row;
        }

        Tell(shown.Rows, now);
        (shown.Rows, shown.Partition) = (now, partition);
    }

    private void Tell(
        Dictionary<TKey, ValueAndTimestamp<TValue>> before, Dictionary<TKey, ValueAndTimestamp<TValue>> now)
    {
        _isWithObserver = true;
        foreach (var (key, row) in now)
        {
            if (_isStopped.IsDisposed)
            {
                return;
            }

            if (!before.TryGetValue(key, out var known)
                || known.Timestamp != row.Timestamp || !EqualityComparer<TValue>.Default.Equals(known.Value, row.Value))
            {
                observer.OnNext(new Record<TKey, TValue>(key, row.Value, row.Timestamp));
            }
        }

        foreach (var (key, row) in before)
        {
            if (!_isStopped.IsDisposed && !now.ContainsKey(key))
            {
                observer.OnNext(Record.Tombstone<TKey, TValue>(key, row.Timestamp));
            }
        }

        _isWithObserver = false;
    }

    private void End()
    {
        if (application.Completion.Exception?.InnerException is { } error)
        {
            observer.OnError(error);
        }
        else
        {
            observer.OnCompleted();
        }
    }

    /// <summary>What the observer knows of a partition.</summary>
    private sealed class Shown
    {
        public StorePartition? Partition { get; set; }

        public Dictionary<TKey, ValueAndTimestamp<TValue>> Rows { get; set; } = [];

        /// <summary>Whether nothing was committed since. A global store does not say where it is.</summary>
        public bool IsAt(StorePartition now) =>
            Partition is { } known
            && (now.ChangelogOffset is not null || now.Inputs.Count > 0)
            && known.TaskId == now.TaskId && known.IsRestoring == now.IsRestoring && known.ChangelogOffset == now.ChangelogOffset
            && known.Inputs.SequenceEqual(now.Inputs);
    }
}
