using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;

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
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this);
            return;
        }

        ref var row = ref _rows.Find(record.Key);
        if (!Unsafe.IsNullRef(ref row) && _fold.TryUpdate(_task, this, in record, in row, out var update))
        {
            _rows.Set(ref row, in update, Fold<TKey, TValue, TAggregate>.IsSame(in record, in update));
        }
    }
}
