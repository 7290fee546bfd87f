using System.Diagnostics;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;
using StreamFlow.Tracing;

namespace StreamFlow.Runtime;

/// <summary>
/// One partition of one sub-topology while it runs: its queues, its stores, its linked processors. Used by one thread;
/// while it restores, its stores belong to the restorer.
/// </summary>
internal sealed class StreamTask
{
    private readonly TaskContext _context;
    private readonly SubTopology _subTopology;
    private readonly TaskIdling _idling;
    private readonly SlowRecords? _slowRecords;
    private readonly QueueHeads _heads;
    private readonly TaskGauges _gauges;
    private InputQueues _queues = InputQueues.None;
    private TaskStores? _stores;
    private TaskTopology? _topology;

    /// <param name="subTopology">What it runs.</param>
    /// <param name="context">What its nodes share.</param>
    /// <param name="maxTaskIdle">How long it waits for a partition that has nothing.</param>
    /// <param name="slowRecords">Records that are to be processed one by one, or not at all; null: there are none.</param>
    /// <param name="pace">What it keeps pace with in event time; null: it goes as fast as it can.</param>
    public StreamTask(
        SubTopology subTopology, TaskContext context, TimeSpan maxTaskIdle, SlowRecords? slowRecords = null,
        EventTimePace? pace = null)
    {
        _slowRecords = slowRecords;
        Pace = new TaskPace(pace);
        _subTopology = subTopology;
        _context = context;
        _heads = new QueueHeads(context);
        _gauges = new TaskGauges(context);
        _idling = new TaskIdling(context.Time, maxTaskIdle);
    }

    public TaskId Id => _context.TaskId;

    public SubTopology SubTopology => _subTopology;

    public TaskContext Context => _context;

    public TaskState State { get; private set; } = TaskState.Created;

    public TaskStores Stores => _stores ?? throw new InvalidOperationException($"The stores of task {Id} are not open.");

    public bool HasOpenStores => _stores is not null;

    /// <summary>How many records are processed between two looks at the clock.</summary>
    public RunLength RunLength { get; } = new();

    /// <summary>How it keeps together with the others of its sub-topology.</summary>
    public TaskPace Pace { get; }

    /// <summary>Where this thread began to read the inputs.</summary>
    public FirstOffsets FirstOffsets { get; } = new();

    /// <summary>What the task reads, as it was known when the task was assigned.</summary>
    public required IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> Inputs { get; init; }

    /// <summary>What reads its stores on its thread for others; null where nothing does.</summary>
    public LatestReads? Reads { get; init; }

    /// <summary>The number of the rebalance that gave the task to its thread.</summary>
    public long Rebalance { get; set; }

    /// <summary>The committed positions that the task starts from, in the order of its inputs.</summary>
    public IReadOnlyList<PartitionOffset> Committed { get; set; } = [];

    /// <summary>What the broker knows the task's topics by; null before it was asked.</summary>
    public IReadOnlyDictionary<string, string>? TopicIds { get; set; }

    /// <summary>
    /// Whether there is anything to commit: positions have moved, something was done without a record, or a node asks for it.
    /// </summary>
    public bool CommitNeeded => _queues.CommitNeeded || _context.HasWork;

    /// <summary>Opens the stores; the task then either restores or is ready to run.</summary>
    public void OpenStores(Func<bool, IReadOnlyList<string>, IStoreBackend> openBackend)
    {
        _stores = TaskStores.Open(_subTopology.Stores, _context, openBackend);
        _stores.Show(Reads);
        if (_stores.AnyRestorable)
        {
            Move(TaskEvent.RestoreNeeded);
        }
    }

    /// <summary>Links processors and queues; the stores are complete.</summary>
    /// <param name="inputs">The input partitions: topic name as the plan has it, reader, committed offset.</param>
    public void Run(IReadOnlyList<TaskInput> inputs)
    {
        Stores.Complete([.. inputs.Select(input => input.Committed)]);
        _topology = _subTopology.Build(_context);
        _queues = new InputQueues(_idling, [.. inputs.Select(QueueOf)]);
        foreach (var queue in _queues.All)
        {
            _context.StreamTime = Math.Max(_context.StreamTime, queue.PartitionTime);
        }

        foreach (var node in _topology.Nodes)
        {
            node.Init(_context);
        }

        Pace.Join(_context.StreamTime);
        Move(TaskEvent.Ready);
    }

    /// <summary>Processes up to a number of records, lowest head timestamp first.</summary>
    /// <param name="maxRecords">How many.</param>
    /// <param name="signals">Ends it after the record at hand; so do rows that wait in caches, when they are many.</param>
    /// <param name="until">The latest event time of a record that may be processed; later ones are too far ahead.</param>
    /// <returns>How many were processed; fewer than asked for when the task must wait.</returns>
    public int Process(int maxRecords, ThreadSignals? signals = null, long until = EventTime.End)
    {
        var done = 0;
        var (careful, traced) = (_slowRecords is { Any: true }, BatchTrace.IsOn);
        var isPlain = !careful && !traced;
        _queues.BeginRun();
        while (done < maxRecords && signals is not { Any: true } && (done == 0 || !_context.Budget.IsFlushDue)
            && _queues.Choose() is { } queue)
        {
            if (done == 0)
            {
                Pace.Begin(queue.HeadTimestamp);
            }

            if (queue.HeadTimestamp > until)
            {
                Pace.IsHeld = true;
                break;
            }

            if (isPlain)
            {
                _heads.Process(queue);
                done++;
                continue;
            }

            if (careful && _slowRecords!.IsSuspect(queue.Partition, queue.Batch.Read(queue.Index).Offset, out var verdict))
            {
                return done > 0 ? done : _heads.ProcessAlone(queue, verdict);
            }

            _heads.ProcessWatched(queue, traced);
            done++;
        }

        return done;
    }

    /// <summary>Tells the others where the task is after a run.</summary>
    /// <param name="processed">How many records it was.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public PaceState TellPace(int processed, long now)
    {
        _gauges.Tell(_queues, now);
        return Pace.Tell(processed, _queues, _context.StreamTime, now);
    }

    /// <summary>What the last run has gone over.</summary>
    public List<RunRange> LastRun => _queues.LastRun;

    /// <summary>
    /// What comes by time and not by a record: due punctuations. Called between runs; costs nothing when there is none.
    /// </summary>
    /// <returns>Whether anything was done.</returns>
    public bool RunDue() => _context.Punctuations is { } punctuations && punctuations.Run();

    /// <summary>Forgets what was prefetched of a partition whose position is about to move.</summary>
    public void DropPrefetched(TopicPartition partition) => _queues.DropPrefetched(partition);

    /// <summary>First step of a commit: everything dirty is serialized, logged, staged and forwarded.</summary>
    /// <exception cref="StreamsException">Something failed since the last commit that nobody may leave out.</exception>
    public void Flush()
    {
        _context.Record.Clear();
        _context.Work.Begin(WorkKind.Commit, _context.Record);
        _context.CommitRequested = false;
        _stores?.Flush();
        _context.Collector.ThrowIfFailed();
        _gauges.Show(_queues);
    }

    /// <summary>Adds the positions to commit.</summary>
    public void CollectOffsets(List<PartitionOffset> offsets) => _queues.CollectOffsets(offsets);

    /// <summary>The flushed changes are acknowledged or their transaction is committed: they become local state.</summary>
    public void ApplyState() => _stores?.Apply(_queues.Positions);

    /// <summary>The collected positions are committed.</summary>
    public void MarkCommitted()
    {
        _queues.MarkCommitted();
        _context.HasWork = _context.CommitRequested = false;
        _context.DropLog?.TellRest();
        _context.Work.Trace.End(isCommitted: true);
        _context.Metrics.Publish();
        _context.Committed();
    }

    /// <summary>
    /// Goes back to the last commit: changes of the stores are dropped, the stores stay open; nodes are closed and will be
    /// made anew, because what they keep in fields belongs to the work that is given up.
    /// </summary>
    public void Rewind()
    {
        Move(TaskEvent.Rewind);
        _context.Work.Trace.End(isCommitted: false);
        Pace.Leave();
        FirstOffsets.Remember(_queues.All);
        _queues.Clear();
        _queues = InputQueues.None;
        _context.Metrics.CloseNodes();
        _context.Rewind();
        try
        {
            CloseNodes();
        }
        finally
        {
            _topology = null;
            _stores?.Rollback();
        }
    }

    /// <summary>Gives everything up; what is not committed is dropped.</summary>
    public void Close()
    {
        if (State == TaskState.Closed)
        {
            return;
        }

        Move(TaskEvent.Close);
        if (_context.Work.Trace.IsOpen && CommitNeeded)
        {
            _context.Work.Trace.End(isCommitted: false);
        }

        Pace.Leave();
        FirstOffsets.Remember(_queues.All);
        _queues.Clear();

        try
        {
            CloseNodes();
        }
        finally
        {
            _stores?.Rollback();
            _stores?.Dispose();
            _stores = null;
            _context.DropLog?.TellRest(all: true);
            _context.Metrics.Close();
        }
    }

    private void CloseNodes()
    {
        foreach (var node in _topology?.Nodes ?? [])
        {
            node.Close();
        }
    }

    private PartitionQueue QueueOf(TaskInput input) => new(
        input.Reader,
        _topology!.SourceOf(input.PlanTopic),
        input.Committed.Offset,
        PartitionTimeMetadata.Decode(input.Committed.Metadata),
        _context.Record)
    {
        Notes = input.Notes,
        Counts = _context.Metrics.Source(_topology.SourceOf(input.PlanTopic).Name, input.Reader.Partition),
        Placement = input.Placement,
    };

    private void Move(TaskEvent happened)
    {
        State = TaskStates.Next(State, happened)
            ?? throw new UnreachableException($"Task {Id} cannot take {happened} in state {State}.");
        _context.Metrics.Counts.State = State.ToString().ToLowerInvariant();
    }
}
