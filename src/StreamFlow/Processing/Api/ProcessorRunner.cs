using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Processing;

/// <summary>Runs a processor of the user's in a task.</summary>
internal sealed class ProcessorRunner<TKeyIn, TValueIn, TKeyOut, TValueOut> : Processor<TKeyIn, TValueIn>
{
    private readonly TaskContext _task;
    private readonly IProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut> _processor;
    private readonly TaskProcessorHost _host;
    private readonly ProcessorContext<TKeyOut, TValueOut> _context;

    /// <param name="name">Name of the node.</param>
    /// <param name="task">The task.</param>
    /// <param name="processor">The processor, of this task alone.</param>
    /// <param name="stores">The stores that it may have.</param>
    /// <param name="next">All children.</param>
    /// <param name="children">Each of them, with its name.</param>
    public ProcessorRunner(
        string name, TaskContext task, IProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut> processor,
        ProcessorStores stores, Processor<TKeyOut, TValueOut> next, NamedChild<TKeyOut, TValueOut>[] children)
        : base(name)
    {
        _task = task;
        _processor = processor;
        _host = new TaskProcessorHost(this, task, stores);
        _context = new ProcessorContext<TKeyOut, TValueOut>(
            _host, new TaskForwarder<TKeyOut, TValueOut>(_host, next, children));
    }

    public override void Init(TaskContext context)
    {
        try
        {
            _processor.Init(_context);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            throw new StreamsException($"Processor {Name} of task {_task.TaskId} failed in Init: {e.Message}", e);
        }
    }

    public override void Process(in Record<TKeyIn, TValueIn> record)
    {
        _host.Enter();
        try
        {
            _processor.Process(record);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
        }
        finally
        {
            _host.Leave();
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "It is the user's; the task is gone whatever it throws, and others are to be closed.")]
    public override void Close()
    {
        try
        {
            _processor.Close();
        }
        catch (Exception e)
        {
            ProcessingLog.CloseFailed(_task.Logger, e, _task.TaskId, Name);
        }
        finally
        {
            _host.Close();
        }
    }
}

/// <summary>A processor that cannot change keys, as one that could.</summary>
internal sealed class FixedKeyAdapter<TKey, TValueIn, TValueOut>(IFixedKeyProcessor<TKey, TValueIn, TValueOut> processor)
    : IProcessor<TKey, TValueIn, TKey, TValueOut>
{
    public void Init(ProcessorContext<TKey, TValueOut> context) => processor.Init(context.WithFixedKeys());

    public void Process(Record<TKey, TValueIn> record) => processor.Process(new FixedKeyRecord<TKey, TValueIn>(in record));

    public void Close() => processor.Close();
}
