using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>A user's processor in a task: what it may do, and when.</summary>
/// <param name="node">The node that runs it.</param>
/// <param name="task">The task.</param>
/// <param name="stores">The stores that it may have.</param>
internal sealed class TaskProcessorHost(Node node, TaskContext task, ProcessorStores stores) : ProcessorHost
{
    // The thread in the processor's code for records or punctuations; 0 when none is.
    private int _thread;
    private bool _isClosed;

    public override string Name => node.Name;

    public override string ApplicationId => task.ApplicationId;

    public override TaskId TaskId => task.TaskId;

    public override RecordPosition? Record => task.Record.Offset < 0
        ? null
        : new RecordPosition(new TopicPartition(task.Record.Topic, task.Record.Partition), task.Record.Offset);

    public override long StreamTime => task.StreamTime;

    public override long SystemTime => task.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public override object Store(string name) =>
        stores.Connected.Contains(name)
            ? task.Store(name)
        : stores.Global.Contains(name)
            ? GlobalView(name)
            : throw new StreamsException(
                $"Processor {Name} has no access to store '{name}', because the two are not connected. Name the store in the "
                + "processor's options (StoreNames, or Stores with its builder), or in AddStateStore or "
                + "ConnectProcessorAndStateStores of a Topology. Connected are: "
                + $"{(stores.Connected.Count == 0 ? "none" : string.Join(", ", stores.Connected))}.");

    public override Cancellable Schedule(
        TimeSpan interval, PunctuationType type, Action<long> punctuator, DateTimeOffset? start)
    {
        EnsureOpen();
        EnsureTask("schedules a punctuation");
        return task.Schedule(
            node,
            type,
            interval,
            time =>
            {
                Enter();
                try
                {
                    punctuator(time);
                }
                finally
                {
                    Leave();
                }
            },
            start);
    }

    public override void Commit()
    {
        EnsureOpen();
        EnsureTask("asks for a commit");
        task.RequestCommit();
    }

    public void Enter() => _thread = Environment.CurrentManagedThreadId;

    public void Leave() => _thread = 0;

    public void Close() => _isClosed = true;

    /// <exception cref="InvalidOperationException">Nothing may be forwarded now, or not by this thread.</exception>
    public void EnsureInside()
    {
        if (_thread != Environment.CurrentManagedThreadId)
        {
            EnsureOpen();
            throw new InvalidOperationException(
                $"Processor {Name} forwards while it is not called for a record or a punctuation, or on another thread. Forward "
                + "inside of Process or of a punctuator, before it returns; what comes later from elsewhere can wait in a field "
                + "or store for the next punctuation.");
        }
    }

    private StoreView GlobalView(string name) => task.Views.Of(name) is [var view, ..]
        ? view
        : throw new StateStoreException($"The global store '{name}' is not here: its thread has ended, or has not begun.");

    private void EnsureTask(string what)
    {
        if (task.IsGlobal)
        {
            throw new InvalidOperationException(
                $"Processor {Name} {what}, which that of a global store cannot: it belongs to no task, and only fills its store.");
        }
    }

    private void EnsureOpen()
    {
        if (_isClosed)
        {
            throw new InvalidOperationException(
                $"Processor {Name} of task {TaskId} is closed: the task has left this thread, or was done again with a new "
                + "processor. Do not keep a context beyond Close.");
        }
    }
}

/// <summary>Names of the stores that a processor may have.</summary>
/// <param name="Connected">Those that are connected to it.</param>
/// <param name="Global">Those that every processor can read.</param>
internal sealed record ProcessorStores(IReadOnlyCollection<string> Connected, IReadOnlyCollection<string> Global);

/// <summary>The children of a user's processor in a task.</summary>
/// <param name="host">The processor.</param>
/// <param name="next">All children.</param>
/// <param name="children">Each of them, with its name.</param>
internal sealed class TaskForwarder<TKey, TValue>(
    TaskProcessorHost host, Processor<TKey, TValue> next, NamedChild<TKey, TValue>[] children) : Forwarder<TKey, TValue>
{
    public override void Forward(in Record<TKey, TValue> record)
    {
        host.EnsureInside();
        CheckTime(in record);
        next.Process(in record);
    }

    public override void Forward(in Record<TKey, TValue> record, string child)
    {
        host.EnsureInside();
        CheckTime(in record);
        Find(child).Process(in record);
    }

    private Processor<TKey, TValue> Find(string name)
    {
        foreach (var child in children)
        {
            if (string.Equals(child.Name, name, StringComparison.Ordinal))
            {
                return child.Processor;
            }
        }

        throw new StreamsException(
            $"Processor {host.Name} forwards to '{name}', which is not one of its children: "
            + $"{(children.Length == 0 ? "it has none" : string.Join(", ", children.Select(child => child.Name)))}.");
    }
}

/// <summary>A child of a node.</summary>
internal readonly record struct NamedChild<TKey, TValue>(string Name, Processor<TKey, TValue> Processor);
