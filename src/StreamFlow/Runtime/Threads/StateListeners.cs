using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Tells of each change of the application's state, in order and one after the other, on a thread that does nothing else. Who
/// is told may take its time, throw, or ask the application anything: no lock is held, and neither a stream thread nor whoever
/// starts or stops the application waits for it, but for the end, which is told before the application has ended.
/// </summary>
/// <param name="applicationId">Names the thread.</param>
/// <param name="work">Shows that a listener is at work.</param>
/// <param name="enter">Called first on the thread.</param>
/// <param name="tell">Tells of a change; must not throw.</param>
internal sealed class StateListeners(
    string applicationId, WorkAtHand work, Action<WorkAtHand> enter, Action<StreamsState, StreamsState> tell)
{
    private readonly Lock _gate = new();
    private readonly Queue<(StreamsState From, StreamsState To)> _changes = new();
    private TaskCompletionSource? _telling;

    /// <summary>When all changes so far have been told.</summary>
    public Task WhenTold()
    {
        lock (_gate)
        {
            return _telling?.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>There is a change to tell of; does not wait until it is.</summary>
    public void Add(StreamsState from, StreamsState to)
    {
        lock (_gate)
        {
            _changes.Enqueue((from, to));
            if (_telling is not null)
            {
                return;
            }

            _telling = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // Changes are few: a thread for each burst of them costs less than one that waits. What flows with the caller, who may
        // be inside a request of its own, is none of the listeners' business.
        new Thread(Run) { Name = $"{applicationId}-StateListeners", IsBackground = true }.UnsafeStart();
    }

    private void Run()
    {
        enter(work);
        while (TryTake(out var change))
        {
            work.Begin(WorkKind.Listener);
            tell(change.From, change.To);
            work.Begin(WorkKind.Poll);
        }
    }

    private bool TryTake(out (StreamsState From, StreamsState To) change)
    {
        TaskCompletionSource told;
        lock (_gate)
        {
            if (_changes.TryDequeue(out change))
            {
                return true;
            }

            told = _telling!;
            _telling = null;
        }

        told.SetResult();
        return false;
    }
}
