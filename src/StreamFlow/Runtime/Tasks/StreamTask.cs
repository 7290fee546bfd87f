using System.Diagnostics;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

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
    private PartitionQueue[] _queues = [];
    private TaskStores? _stores;
    private TaskTopology? _topology;

    public StreamTask(SubTopology subTopology, TaskContext context, TimeSpan maxTaskIdle)
    {
        _subTopology = subTopology;
        _context = context;
        _idling = new TaskIdling(context.Time, maxTaskIdle);
    }

    public TaskId Id => _context.TaskId;

    public SubTopology SubTopology => _subTopology;

    public TaskContext Context => _context;

    public TaskState State { get; private set; } = TaskState.Created;

    public TaskStores Stores => _stores ?? throw new InvalidOperationException($"The stores of task {Id} are not open.");

    public bool HasOpenStores => _stores is not null;

    /// <summary>Where this thread began to read the inputs.</summary>
    public FirstOffsets FirstOffsets { get; } = new();

    /// <summary>The committed positions that the task starts from, in the order of its inputs.</summary>
    public IReadOnlyList<PartitionOffset> Committed { get; set; } = [];

    /// <summary>Whether anything was processed since the last commit.</summary>
    public bool CommitNeeded
    {
        get
        {
            foreach (var queue in _queues)
            {
                if (queue.CommitNeeded)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Opens the stores; the task then either restores or is ready to run.</summary>
    public void OpenStores(Func<bool, IReadOnlyList<string>, IStoreBackend> openBackend)
    {
        _stores = TaskStores.Open(_subTopology.Stores, _context, openBackend);
        if (_stores.AnyLogged)
        {
            Move(TaskEvent.RestoreNeeded);
        }
    }

    /// <summary>Links processors and queues; the stores are complete.</summary>
    /// <param name="inputs">The input partitions: topic name as the plan has it, reader, committed offset.</param>
    public void Run(IReadOnlyList<TaskInput> inputs)
    {
        foreach (var store in Stores.All)
        {
            store.Store.Restored();
        }

        _topology = _subTopology.Build(_context);
        foreach (var node in _topology.Nodes)
        {
            node.Init(_context);
        }

        _queues = new PartitionQueue[inputs.Count];
        for (var i = 0; i < inputs.Count; i++)
        {
            var time = PartitionTimeMetadata.Decode(inputs[i].Committed.Metadata);
            var source = _topology.Sources[inputs[i].PlanTopic];
            _queues[i] = new PartitionQueue(inputs[i].Reader, source, inputs[i].Committed.Offset, time);
            _context.StreamTime = Math.Max(_context.StreamTime, time);
        }

        Move(TaskEvent.Ready);
    }

    /// <summary>Processes up to a number of records, lowest head timestamp first.</summary>
    /// <returns>How many were processed; fewer than asked for when the task must wait.</returns>
    public int Process(int maxRecords)
    {
        var done = 0;
        while (done < maxRecords && Choose() is { } queue)
        {
            ProcessHead(queue);
            done++;
        }

        return done;
    }

    /// <summary>Forgets what was prefetched of a partition whose position is about to move.</summary>
    public void DropPrefetched(TopicPartition partition)
    {
        foreach (var queue in _queues)
        {
            if (queue.Partition == partition)
            {
                queue.Clear();
            }
        }
    }

    /// <summary>First step of a commit: everything dirty is serialized, logged, staged and forwarded.</summary>
    /// <exception cref="StreamsException">Something failed since the last commit that nobody may leave out.</exception>
    public void Flush()
    {
        _context.Record.Clear();
        _stores?.Flush();
        _context.Collector.ThrowIfFailed();
    }

    /// <summary>Adds the positions to commit.</summary>
    public void CollectOffsets(List<PartitionOffset> offsets)
    {
        foreach (var queue in _queues)
        {
            if (queue.CommitOffset is var offset and >= 0)
            {
                offsets.Add(new PartitionOffset(
                    queue.Partition, offset, PartitionTimeMetadata.Encode(queue.PartitionTime)));
            }
        }
    }

    /// <summary>The flushed changes are acknowledged or their transaction is committed: they become local state.</summary>
    public void ApplyState() => _stores?.Apply();

    /// <summary>The collected positions are committed.</summary>
    public void MarkCommitted()
    {
        foreach (var queue in _queues)
        {
            queue.MarkCommitted(queue.CommitOffset);
        }

        _context.Metrics.Publish();
    }

    /// <summary>
    /// Goes back to the last commit: changes of the stores are dropped, the stores stay open; nodes are closed and will be
    /// made anew, because what they keep in fields belongs to the work that is given up.
    /// </summary>
    public void Rewind()
    {
        Move(TaskEvent.Rewind);
        FirstOffsets.Remember(_queues);
        foreach (var queue in _queues)
        {
            queue.Clear();
        }

        _queues = [];
        _context.StreamTime = -1;
        _context.Record.Clear();
        _context.Collector.Forget();
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
        FirstOffsets.Remember(_queues);
        foreach (var queue in _queues)
        {
            queue.Clear();
        }

        try
        {
            CloseNodes();
        }
        finally
        {
            _stores?.Rollback();
            _stores?.Dispose();
            _stores = null;
            _context.Metrics.Publish();
        }
    }

    private void CloseNodes()
    {
        foreach (var node in _topology?.Nodes ?? [])
        {
            node.Close();
        }
    }

    private PartitionQueue? Choose()
    {
        if (_queues.Length == 1)
        {
            return _queues[0].TryLoadHead() ? _queues[0] : null;
        }

        PartitionQueue? best = null;
        var waiting = false;
        foreach (var queue in _queues)
        {
            if (!queue.TryLoadHead())
            {
                waiting |= !_idling.MayGoOnWithout(queue);
            }
            else if (best is null || queue.HeadTimestamp < best.HeadTimestamp)
            {
                best = queue;
            }
        }

        return waiting ? null : best;
    }

    private void ProcessHead(PartitionQueue queue)
    {
        var record = queue.Batch.Read(queue.Index);
        _context.Record.Set(queue.Partition.Topic, queue.Partition.Partition, record.Offset, queue.Batch, queue.Index);
        var timestamp = queue.HeadTimestamp;
        if (!queue.IsHeadReadable)
        {
            // Without a time of its own; the source meets the same failure again and asks the error handler.
            queue.Source.Process(in record, queue.Batch.ReadHeaders(queue.Index), Math.Max(0, record.Timestamp));
        }
        else if (timestamp < 0 && queue.Source.ReadsTimestampFromRecord)
        {
            _context.Drop(DropReason.InvalidTimestamp, queue.Source);
        }
        else
        {
            if (timestamp < 0)
            {
                ThrowNegativeTimestamp(record.Timestamp);
            }

            if (timestamp > _context.StreamTime)
            {
                _context.StreamTime = timestamp;
            }

            queue.Source.Process(in record, queue.Batch.ReadHeaders(queue.Index), timestamp);
            _context.Metrics.Processed();
        }

        queue.Advance();
    }

    private void ThrowNegativeTimestamp(long timestamp) =>
        throw new StreamsException(
            $"Task {Id}: the record {_context.Record.Topic}-{_context.Record.Partition} offset {_context.Record.Offset} "
            + $"has the timestamp {timestamp}, which is negative. Set Consumed.TimestampExtractor to one that finds "
            + "a valid timestamp or leaves such records out.");

    private void Move(TaskEvent happened) =>
        State = TaskStates.Next(State, happened)
            ?? throw new UnreachableException($"Task {Id} cannot take {happened} in state {State}.");
}

/// <summary>An input partition of a task when it starts to run.</summary>
/// <param name="PlanTopic">Name of the topic as in the plan, without the application id.</param>
/// <param name="Reader">Its records.</param>
/// <param name="Committed">The committed offset, -1 when there is none, and its metadata.</param>
internal readonly record struct TaskInput(string PlanTopic, PartitionReader Reader, PartitionOffset Committed);
