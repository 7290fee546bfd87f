using Microsoft.Extensions.Logging;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>What the nodes of a task share.</summary>
internal sealed class TaskContext
{
    private readonly Dictionary<string, StateStore> _stores = new(StringComparer.Ordinal);
    private readonly Dictionary<object, object> _shared = [];
    private List<Action>? _whenCommitted;

    public required TaskId TaskId { get; init; }

    public required string ApplicationId { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Sends to topics and decides about failures.</summary>
    public required RecordCollector Collector { get; init; }

    public required ErrorPolicy Errors { get; init; }

    public required TaskMetrics Metrics { get; init; }

    public required CacheBudget Budget { get; init; }

    /// <summary>Where the task shows its committed state while it runs.</summary>
    public StoreViews Views { get; init; } = new();

    /// <summary>Whether the task's work may be taken back as a whole: its results are part of a transaction.</summary>
    public bool IsTransactional { get; init; }

    /// <summary>Names of the stores that each instance fills for itself, which all tasks may read.</summary>
    public IReadOnlySet<string> GlobalStores { get; init; } = new HashSet<string>();

    /// <summary>What the thread is at, for others to see.</summary>
    public WorkAtHand Work
    {
        get => field ??= new WorkAtHand(Time);
        init;
    }

    public RecordContext Record => field ??= new RecordContext(keepsRaw: Errors.DeadLetters is not null, TaskId);

    /// <summary>Largest timestamp taken from any input partition of the task so far; -1 before the first.</summary>
    public long StreamTime { get; set; } = -1;

    /// <summary>What nodes have scheduled; null when there is nothing.</summary>
    public Punctuations? Punctuations { get; private set; }

    /// <summary>What was left out and not logged yet; null when nothing ever was.</summary>
    public DropLog? DropLog { get; private set; }

    /// <summary>Whether a node asks for a commit now.</summary>
    public bool CommitRequested { get; set; }

    /// <summary>Whether something is to be committed that no input position tells.</summary>
    public bool HasWork { get; set; }

    public void AddStore(StateStore store) => _stores.Add(store.Name, store);

    public StateStore Store(string name) =>
        _stores.TryGetValue(name, out var store)
            ? store
            : throw new StreamsException($"Task {TaskId} has no state store '{name}'. Connect the store to the operator.");

    /// <summary>Reads a global store; null where there is none of that name.</summary>
    public StoreView? GlobalStore(string name) => !GlobalStores.Contains(name)
        ? null
        : Views.Of(name) is [var view, ..]
        ? view
        : throw new StateStoreException($"The global store '{name}' is not here: its thread has ended, or has not begun.");

    /// <summary>What several nodes of the task work with, beside their stores: made by the first that asks for it.</summary>
    /// <param name="owner">What they have in common.</param>
    /// <param name="make">Makes it.</param>
    public T Shared<T>(object owner, Func<T> make)
        where T : class
    {
        if (!_shared.TryGetValue(owner, out var found))
        {
            found = make();
            _shared.Add(owner, found);
        }

        return (T)found;
    }

    /// <summary>
    /// Has a function called on the task's thread between records, again and again until it is cancelled or the node is
    /// closed. By stream time, first when there is any, then at the multiples of the interval; by wall clock, first when the
    /// interval is over. Several points that have passed are one call. During it there is no input record.
    /// </summary>
    /// <param name="node">Who asks; failures of the function go to the processing error handler in its name.</param>
    /// <param name="type">The clock.</param>
    /// <param name="interval">From one point to the next, at least a millisecond.</param>
    /// <param name="callback">Gets the clock's time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="start">Calls come at this time plus multiples of the interval, the first one not before it.</param>
    public Punctuation Schedule(
        Node node, PunctuationType type, TimeSpan interval, Action<long> callback, DateTimeOffset? start = null) =>
        (Punctuations ??= new Punctuations(this)).Schedule(node, type, interval, callback, start);

    /// <summary>Asks for a commit as soon as the run of records at hand is over; all tasks of the thread commit then.</summary>
    public void RequestCommit() => HasWork = CommitRequested = true;

    /// <summary>Has a function called after each commit, until the nodes are made anew.</summary>
    public void WhenCommitted(Action done) => (_whenCommitted ??= []).Add(done);

    /// <summary>What was processed until now is committed.</summary>
    public void Committed() => _whenCommitted?.ForEach(static done => done());

    /// <summary>The task goes back to its last commit; its nodes are made anew.</summary>
    public void Rewind()
    {
        _whenCommitted = null;
        StreamTime = -1;
        Record.Clear();
        Collector.Forget();
        Punctuations = null;
        _shared.Clear();
        HasWork = CommitRequested = false;
    }

    /// <summary>Counts a record that is left out, and logs it with its times unless there were others just before.</summary>
    /// <param name="reason">Why it is left out.</param>
    /// <param name="node">The node that does not take it.</param>
    /// <param name="time">Its event time.</param>
    public void Drop(DropReason reason, Node node, long time) => Drop(reason, node.Name, new DropTimes(time));

    /// <param name="reason">Why it is left out.</param>
    /// <param name="node">Name of the node or store.</param>
    /// <param name="times">Its event time, and what that was held against.</param>
    /// <inheritdoc cref="Drop(DropReason, Node, long)"/>
    public void Drop(DropReason reason, string node, in DropTimes times)
    {
        Metrics.Dropped(reason, node);
        if (MayTell(node, reason, out var count))
        {
            ProcessingLog.Dropped(
                Logger, TaskId, node, count, reason, Record.Topic, Record.Partition, Record.Offset, times.Text(StreamTime));
        }
    }

    /// <summary>Logs an update of a table that is older than the row it replaces, unless there were others just before.</summary>
    public void OutOfOrder(long timestamp, long rowTimestamp, Node node)
    {
        if (MayTell(node.Name, null, out var count))
        {
            ProcessingLog.OutOfOrder(
                Logger, TaskId, node.Name, timestamp, rowTimestamp, Record.Topic, Record.Partition, Record.Offset, count);
        }
    }

    /// <summary>
    /// Logs that a function failed on the value before an update, unless there were others just before: who has changed the function
    /// since should know.
    /// </summary>
    public void OldValueFailed(Exception exception, Node node)
    {
        if (MayTell(node.Name, null, out var count))
        {
            ProcessingLog.OldValueFailed(
                Logger, exception, TaskId, node.Name, Record.Topic, Record.Partition, Record.Offset, count);
        }
    }

    /// <summary>Whether a failure that is left out is to be logged; logs how many there were that were not.</summary>
    public bool TellsFailure(string node, DropReason reason)
    {
        if (!MayTell(node, reason, out var count))
        {
            return false;
        }

        if (count > 1)
        {
            ProcessingLog.DroppedBefore(Logger, TaskId, node, count - 1, reason);
        }

        return true;
    }

    private bool MayTell(string node, DropReason? reason, out long count)
    {
        count = 0;
        return Logger.IsEnabled(LogLevel.Warning) && (DropLog ??= new DropLog(this)).Admits(node, reason, out count);
    }
}
