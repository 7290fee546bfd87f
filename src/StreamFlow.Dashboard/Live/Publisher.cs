using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Dashboard;

/// <summary>
/// Looks at one application each second, and makes what all pages are sent, once. Without a page it keeps the history only. A page
/// that is slow misses frames and is sent the newest then, whole: nothing waits for it, and nothing piles up.
/// </summary>
internal sealed class Publisher : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartBeat = TimeSpan.FromSeconds(15);
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();
    private readonly Lock _gate = new();
    private readonly HostedView _view;
    private readonly ILogger _logger;
    private readonly long _began;
    private readonly ITimer _timer;
    private Snapshot? _snapshot;
    private long _looked;
    private Frame? _frame;

    /// <summary>Says that there is another frame, and not which: whoever holds an old one must not hold all that came since.</summary>
    private TaskCompletionSource _changed = NewSignal();
    private int _watchers;
    private bool _hasFailed;

    /// <param name="view">The application.</param>
    /// <param name="logger">Is told when it cannot be looked at.</param>
    public Publisher(HostedView view, ILogger logger)
    {
        (_view, _logger) = (view, logger);
        _began = view.Time.GetTimestamp();
        _timer = view.Time.CreateTimer(_ => Tick(), null, Interval, Interval);
    }

    public HostedView View => _view;

    /// <summary>Pages that are being sent to.</summary>
    public int Watchers => Volatile.Read(ref _watchers);

    /// <summary>How often what is shown was collected and made into JSON.</summary>
    public long Frames { get; private set; }

    /// <summary>What is shown now, at most a second old.</summary>
    public Snapshot Look()
    {
        lock (_gate)
        {
            return _snapshot is not null && _view.Time.GetElapsedTime(_looked) < Interval ? _snapshot : LookAnew();
        }
    }

    /// <summary>The events of a page, until it goes.</summary>
    /// <param name="cancellationToken">The page has gone.</param>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            Enter();
            Frame? seen = null;
            while (true)
            {
                var (frame, changed) = Newest();
                if (frame is not null && frame != seen)
                {
                    yield return frame.Number == seen?.Number + 1 ? frame.Delta : frame.Snapshot;
                    seen = frame;
                }
                else if (!await HasChangedAsync(changed, cancellationToken).ConfigureAwait(false))
                {
                    yield return Comment;
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _view.Dispose();
    }

    /// <summary>A second is over. While the one before still takes, it is left out: threads must not queue up for it.</summary>
    internal void Tick()
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            Look();
            _hasFailed = false;
        }
#pragma warning disable CA1031 // A page that shows nothing new must not end a worker that works.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_hasFailed)
            {
                DashboardLog.LookFailed(_logger, exception, _view.Hosted.Name);
            }

            _hasFailed = true;
        }
        finally
        {
            _gate.Exit();
        }

        void Look()
        {
            _view.Collection.Tick();
            if (Watchers > 0)
            {
                Publish();
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first page is not kept waiting for the second to be over.</summary>
    private void Enter()
    {
        lock (_gate)
        {
            if (Interlocked.Increment(ref _watchers) == 1)
            {
                Publish();
            }
        }
    }

    private (Frame? Frame, Task Changed) Newest()
    {
        lock (_gate)
        {
            return (_frame, _changed.Task);
        }
    }

    /// <returns>False when there was nothing for a while: the page is to know that the connection lives.</returns>
    private async Task<bool> HasChangedAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(HeartBeat, _view.Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (Interlocked.Decrement(ref _watchers) == 0)
            {
                // What was shown last is of no use to whoever comes later.
                _frame = null;
                _view.Group.Release();
            }
        }
    }

    private void Publish()
    {
        var serialized = SerializedSnapshot.Of(LookAnew());
        _frame = new Frame(Frames, serialized, _frame?.Shown, _view.Collection.History.Last);
        Frames++;
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private Snapshot LookAnew()
    {
        var status = _view.Application.Status;
        var readings = _view.Collection.ReadWhileLookedAt();
        _view.Shares.Take(
            _view.Time.GetElapsedTime(_began).TotalSeconds,
            readings,
            _view.Collection.Counted(InstrumentNames.Restored).GroupBy(c => c.Tags.Task ?? string.Empty)
                .ToDictionary(g => g.Key, g => g.Sum(c => c.Count), StringComparer.Ordinal));
        if (status.State is StreamsState.Running or StreamsState.Rebalancing)
        {
            _view.Group.AskIfDue(isKept: Watchers > 0);
        }
        else
        {
            _view.Group.Forget();
        }

        _looked = _view.Time.GetTimestamp();
        return _snapshot = new Snapshot(
            OverviewView.Of(_view, status, readings),
            FiguresView.Of(_view, status),
            TasksView.Of(_view, status, readings),
            StoresView.Of(_view, readings));
    }
}
