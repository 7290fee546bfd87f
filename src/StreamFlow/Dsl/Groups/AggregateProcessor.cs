using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Keeps one aggregate per key. Records without key or value do not count.</summary>
internal sealed class AggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly KeyedMaterialization<TKey, TAggregate> _rows;

    public AggregateProcessor(
        NodeSetup setup, Fold<TKey, TValue, TAggregate> fold, KeyedMaterialization<TKey, TAggregate> rows)
        : base(setup.Name)
    {
        _task = setup.Task;
        _fold = fold;
        _rows = rows;
        _rows.CanUndo = _task.Errors.MayLetThrough;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        ref var row = ref Unsafe.NullRef<CacheEntry<TAggregate>>();
        try
        {
            row = ref _rows.Find(record.Key);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (_fold.TryUpdate(_task, this, in record, in row, out var update))
        {
            _rows.Set(ref row, in update, Fold<TKey, TValue, TAggregate>.IsSame(in record, in update));
        }
        else
        {
            _rows.Undo(ref row);
        }
    }
}
