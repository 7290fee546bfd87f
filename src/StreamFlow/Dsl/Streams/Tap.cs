using System.Diagnostics.CodeAnalysis;
using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Shows the records to a tap; the stream goes on as if it were not there. A tap uses no generated name up, so that setting
    /// one renames no store and no topic.
    /// </summary>
    /// <param name="tap">What they are shown to.</param>
    /// <param name="name">Name of the operator; default that of the operator before, and <c>-tap</c>.</param>
    [Experimental("SF0001")]
    public void Tap(RecordTap<TKey, TValue> tap, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(tap);
        _graph.Add(tap);
        _graph.Add(new OperatorNode<TKey, TValue, TKey, TValue>(
            ResourceName.Check(name ?? $"{_output.Owner.Name}-tap"),
            [_output],
            (node, task, _) => new TapProcessor<TKey, TValue>(node, task, tap)));
    }
}

public sealed partial class KTable<TKey, TValue>
{
    /// <summary>Shows the updates of the table to a tap, deletions as records without a value; the table goes on as if it were not there.</summary>
    /// <inheritdoc cref="KStream{TKey, TValue}.Tap(RecordTap{TKey, TValue}, string)"/>
    [Experimental("SF0001")]
    public void Tap(RecordTap<TKey, TValue> tap, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(tap);
        var node = new OperatorNode<TKey, Change<TValue>, TKey, TValue>(
            ResourceName.Check(name ?? $"{_output.Owner.Name}-tap"),
            [_output],
            (nodeName, task, _) => new ToStreamProcessor<TKey, TValue>(
                nodeName, new TapProcessor<TKey, TValue>(nodeName, task, tap)));
        _graph.Add(tap);
        _graph.Add(node);
    }
}

/// <summary>Shows records to a tap: at once, or when what they are due to is committed.</summary>
internal sealed class TapProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly RecordTap<TKey, TValue> _tap;
    private readonly List<Record<TKey, TValue>>? _uncommitted;

    public TapProcessor(string name, TaskContext task, RecordTap<TKey, TValue> tap)
        : base(name)
    {
        _task = task;
        _tap = tap;
        if (tap.CommittedOnly ?? task.IsTransactional)
        {
            _uncommitted = [];
            task.WhenCommitted(Publish);
        }
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (_uncommitted is not null)
        {
            _uncommitted.Add(record);
            return;
        }

        try
        {
            _tap.Take(_task.TaskId, in record);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
        }
    }

    /// <summary>An error here can no longer be the record's: that is done.</summary>
    private void Publish()
    {
        foreach (var record in _uncommitted!)
        {
            try
            {
                _tap.Take(_task.TaskId, in record);
            }
#pragma warning disable CA1031 // It is the tap's, and the task has nothing to do with it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ProcessingLog.TapFailed(_task.Logger, exception, _task.TaskId, Name);
            }
        }

        _uncommitted.Clear();
    }
}
