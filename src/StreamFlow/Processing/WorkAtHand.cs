using StreamFlow.Tracing;

namespace StreamFlow.Processing;

/// <summary>What a thread of the application is at.</summary>
internal enum WorkKind
{
    /// <summary>It waits for records, or is in a call of its consumer.</summary>
    Poll,

    /// <summary>Tasks are opened, restored or given up.</summary>
    Tasks,

    /// <summary>Records of a task are processed.</summary>
    Records,

    /// <summary>A punctuation of a task is called.</summary>
    Punctuation,

    /// <summary>A commit, and what leaves the stores of a task at one.</summary>
    Commit,

    /// <summary>The application decides what becomes of the thread, which has failed.</summary>
    FailureHandler,

    /// <summary>Somebody is told of a change of the application's state.</summary>
    Listener,
}

/// <summary>
/// What one thread is at, written by it and read by whoever wants to know whether it goes on. Costs it a few writes per run
/// of records, and <see cref="RecordContext"/> two more per record; no lock, no look at the clock.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="recordSampling">How many records without a trace begin one, 0 to 1.</param>
internal sealed class WorkAtHand(TimeProvider time, double recordSampling = 0)
{
    private int _kind;
    private static readonly string[] Names = [.. Enum.GetNames<WorkKind>().Select(name => name.ToLowerInvariant())];
    private readonly long[] _counts = new long[Names.Length];
    private readonly long[] _times = new long[Names.Length];
    private long _began = time.GetTimestamp();
    private long _steps;
    private RecordContext? _record;

    /// <summary>The spans of the thread's records.</summary>
    public BatchTrace Trace { get; } = new(recordSampling);

    /// <summary>Something else begins, now.</summary>
    /// <param name="kind">What.</param>
    /// <param name="record">The record context of its task; null when it is of no task.</param>
    public void Begin(WorkKind kind, RecordContext? record = null) => Begin(kind, record, time.GetTimestamp());

    /// <param name="kind">What.</param>
    /// <param name="record">The record context of its task.</param>
    /// <param name="timestamp">When, by the clock.</param>
    /// <inheritdoc cref="Begin(WorkKind, RecordContext)"/>
    public void Begin(WorkKind kind, RecordContext? record, long timestamp)
    {
        Trace.Leave();
        _times[_kind] += timestamp - _began;
        _counts[(int)kind]++;
        Volatile.Write(ref _kind, (int)kind);
        Volatile.Write(ref _record, record);
        Volatile.Write(ref _began, timestamp);
        Volatile.Write(ref _steps, _steps + 1);
    }

    /// <summary>How often the thread has begun each kind of work, and how long it was at it, that at hand not included.</summary>
    public IEnumerable<(string Kind, long Count, double Seconds)> Totals() => Names.Select((name, kind) => (
        name, Volatile.Read(ref _counts[kind]), time.GetElapsedTime(0, Volatile.Read(ref _times[kind])).TotalSeconds));

    /// <summary>
    /// The thread's work at this moment. Of a thread that moves on meanwhile it may be a mixture, of which the next look shows
    /// no trace.
    /// </summary>
    public Work Look()
    {
        var steps = Volatile.Read(ref _steps);
        var record = Volatile.Read(ref _record);
        var moves = record?.Moves ?? 0;
        return new Work(
            (WorkKind)Volatile.Read(ref _kind), record?.TaskId, record?.Position(), Volatile.Read(ref _began), (steps, moves));
    }
}

/// <summary>What a thread is at, at one moment.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="TaskId">Of which task; null when of none.</param>
/// <param name="Record">The input record it is due to, or null.</param>
/// <param name="Began">When the run of records, or whatever it is, began; by the clock.</param>
/// <param name="Mark">The same as long as the thread is at the same call.</param>
internal readonly record struct Work(
    WorkKind Kind, TaskId? TaskId, RecordPosition? Record, long Began, (long Steps, long Moves) Mark)
{
    public override string ToString() => Kind switch
    {
        WorkKind.Poll => "waiting for its Kafka client",
        WorkKind.Tasks => "opening or giving up tasks",
        WorkKind.Records when Record is { } record => $"processing record {record} of task {TaskId}",
        WorkKind.Records => $"looking for records of task {TaskId}",
        WorkKind.Punctuation => $"in a punctuation of task {TaskId}",
        WorkKind.Commit when Record is { } record => $"handing on what record {record} of task {TaskId} left in a store, in a commit",
        WorkKind.Commit => "in a commit",
        WorkKind.FailureHandler => "in the ThreadFailureHandler",
        _ => "in a listener of StateChanged",
    };
}
