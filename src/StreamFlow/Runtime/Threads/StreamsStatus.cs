using StreamFlow.Clients;

namespace StreamFlow;

/// <summary>A task as it is at one moment.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="State">Where it is in its life.</param>
public sealed record StreamTaskStatus(TaskId TaskId, TaskState State)
{
    /// <summary>The input record that it finished last, but for those of the last milliseconds.</summary>
    /// <value>Default: null, none since it came to this thread.</value>
    public RecordPosition? LastRecord { get; init; }

    /// <summary>When that was.</summary>
    /// <value>Default: null, as for <see cref="LastRecord"/>.</value>
    public DateTimeOffset? LastFinished { get; init; }

    /// <summary>Its input partitions, as of the last second.</summary>
    /// <value>Empty: it does not run yet.</value>
    public IReadOnlyList<TaskInputStatus> Inputs { get; init; } = [];
}

/// <summary>How far a task is in one of its input partitions.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Position">Offset of the next record to process; null while nothing is known.</param>
/// <param name="End">Offset behind the last record on the broker, as the last fetch has told; null until one has.</param>
public sealed record TaskInputStatus(TopicPartition Partition, long? Position, long? End)
{
    /// <summary>Records that are not processed yet; null while that is not known.</summary>
    public long? Lag => End - Position is { } lag ? Math.Max(0, lag) : null;
}

/// <summary>What a thread has been at for longer than <see cref="StreamFlowOptions.ProgressTimeout"/>.</summary>
/// <param name="What">What it is at, as "processing record orders-0 offset 42 of task 0_0".</param>
/// <param name="Lasts">For how long, to within a second.</param>
public sealed record StalledWork(string What, TimeSpan Lasts)
{
    /// <summary>The task it is at.</summary>
    /// <value>Default: null, it is at no single one.</value>
    public TaskId? TaskId { get; init; }

    /// <summary>The input record it is at.</summary>
    /// <value>Default: null, what it does is due to none.</value>
    public RecordPosition? Record { get; init; }

    /// <summary>Whether its group no longer waits for it (<c>max.poll.interval.ms</c>): its partitions go to others.</summary>
    /// <value>Default: false.</value>
    public bool IsLeftBehind { get; init; }
}

/// <summary>A stream thread as it is at one moment.</summary>
/// <param name="Name">Name of the thread.</param>
/// <param name="IsSettled">Whether it has joined its group and all its tasks are running.</param>
/// <param name="HasJoined">Whether the group has answered at least once.</param>
/// <param name="RestoreRemaining">Changelog records still to be applied; an estimate.</param>
/// <param name="Tasks">Its tasks.</param>
public sealed record ThreadStatus(
    string Name, bool IsSettled, bool HasJoined, long RestoreRemaining, IReadOnlyList<StreamTaskStatus> Tasks)
{
    /// <summary>What it has been at for longer than <see cref="StreamFlowOptions.ProgressTimeout"/>.</summary>
    /// <value>Default: null, it goes on.</value>
    public StalledWork? Stalled { get; init; }

    /// <summary>
    /// For how long its transaction has been open, where that is longer than three quarters of
    /// <see cref="StreamFlowOptions.TransactionTimeout"/>: after all of it the broker aborts it, and its work is done again.
    /// </summary>
    /// <value>Default: null, none is open for so long.</value>
    public TimeSpan? HangingTransaction { get; init; }

    /// <summary>Its last rebalances, at most 20, the oldest first.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<StreamRebalance> Rebalances { get; init; } = [];
}

/// <summary>The thread that keeps the global tables of an application, as it is at one moment.</summary>
/// <param name="Name">Name of the thread.</param>
public sealed record GlobalThreadStatus(string Name)
{
    /// <summary>What it has been at for longer than <see cref="StreamFlowOptions.ProgressTimeout"/>.</summary>
    /// <value>Default: null, it goes on.</value>
    public StalledWork? Stalled { get; init; }
}

/// <summary>An application as it is at one moment.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="Threads">Its living stream threads.</param>
/// <param name="Error">What stopped it or its last failed thread; null while nothing did.</param>
public sealed record StreamsStatus(StreamsState State, IReadOnlyList<ThreadStatus> Threads, Exception? Error)
{
    /// <summary>
    /// What somebody has to mend although the application runs: strangers in its group, instances with another topology,
    /// topics that are gone. Each names who or what it is, and the remedy; each is logged as an error when it is first seen.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>
    /// What makes results wrong although nothing fails: topics whose keys do not lie where those of their partners do
    /// (<see cref="StreamFlowOptions.PartitionerCheck"/>), stores that begin empty though their input was read before. Each names what it is, and the remedy; each is logged as a warning when it is
    /// first seen, and stays until the application ends.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The thread that keeps the global tables.</summary>
    /// <value>Default: null, the topology has none.</value>
    public GlobalThreadStatus? GlobalThread { get; init; }

    /// <summary>
    /// Partitions of the application that other instances have and that do not come forward although they have records, as those
    /// of an instance that was killed until its session is over, or of one that hangs. Seen after two commit intervals, and ten
    /// seconds at least.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<UnreadPartition> Unread { get; init; } = [];

    /// <summary>
    /// Partitions of this instance whose lag grows while their task processes none of their records, although its thread goes on: for
    /// <see cref="StreamFlowOptions.ProgressTimeout"/> and <see cref="StreamFlowOptions.MaxTaskIdle"/> together.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<UnreadPartition> Stuck { get; init; } = [];

    /// <summary>
    /// The record that failed last at each operator since the start, whatever the handlers have answered, the latest first; those of
    /// global tables are not among them.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<RecordFailure> Failures { get; init; } = [];

    /// <summary>That no broker answers. Nothing is lost by it; the application goes on by itself when one does.</summary>
    /// <value>Default: <see langword="null"/>, one answers.</value>
    public BrokerOutage? Outage { get; init; }

    /// <summary>
    /// Whether <see cref="Error"/> is that another instance has the identity of this one: two of them push each other out, and the one
    /// that gave up is not broken.
    /// </summary>
    public bool IsFenced =>
        (Error as KafkaClientException ?? Error?.InnerException as KafkaClientException)?.Kind == KafkaErrorKind.InstanceFenced;

    /// <summary>
    /// How often threads have failed and were replaced in a row: each waits longer for its replacement than the one before.
    /// Counts from anew when none has failed for two minutes.
    /// </summary>
    /// <value>Default: 0.</value>
    public int FailuresInARow { get; init; }
}
