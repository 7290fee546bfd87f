using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Processing;

/// <summary>A processor with what a wrapper has put round it, in a task.</summary>
internal sealed class WrappingProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _inner;
    private readonly IRecordWrapper<TKey, TValue> _wrapper;
    private readonly TaskProcessorHost _host;

    /// <param name="task">The task.</param>
    /// <param name="inner">The processor.</param>
    /// <param name="wrapper">What stands round it.</param>
    /// <param name="stores">Names of the stores that are connected to it.</param>
    public WrappingProcessor(
        TaskContext task, Processor<TKey, TValue> inner, IRecordWrapper<TKey, TValue>? wrapper, IReadOnlyCollection<string> stores)
        : base(inner.Name)
    {
        _task = task;
        _inner = inner;
        _wrapper = wrapper ?? throw new StreamsException(
            $"The wrapper of {Name} has made nothing. Its supplier must make a new one at each call; answer null in Wrap to leave it as it is.");
        _host = new TaskProcessorHost(this, task, stores);
    }

    public override void Init(TaskContext context)
    {
        try
        {
            _wrapper.Init(new TransformContext(_host));
        }
        catch (Exception e) when (e is not StreamsException)
        {
            throw new StreamsException($"The wrapper of {Name} of task {_task.TaskId} failed in Init: {e.Message}", e);
        }

        _inner.Init(context);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        try
        {
            _wrapper.Process(in record, new WrappedCall<TKey, TValue>(_inner));
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "It is the user's; the task is gone whatever it throws, and others are to be closed.")]
    public override void Close()
    {
        try
        {
            _wrapper.Close();
        }
        catch (Exception e)
        {
            ProcessingLog.CloseFailed(_task.Logger, e, _task.TaskId, Name);
        }
        finally
        {
            _host.Close();
            _inner.Close();
        }
    }
}
