using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Keeps one aggregate per group of a table's rows.</summary>
internal sealed class TableAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly TableFold<TKey, TValue, TAggregate> _fold;
    private readonly KeyedMaterialization<TKey, TAggregate> _rows;

    public TableAggregateProcessor(
        NodeSetup setup, TableFold<TKey, TValue, TAggregate> fold, KeyedMaterialization<TKey, TAggregate> rows)
        : base(setup.Name)
    {
        _task = setup.Task;
        _fold = fold;
        _rows = rows;
        _rows.CanUndo = _task.Errors.MayLetThrough;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this);
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

        if (TryFold(in record, in row, out var update))
        {
            _rows.Set(ref row, in update, IsSame(in record, in update));
        }
        else
        {
            _rows.Undo(ref row);
        }
    }

    /// <summary>The row's time is the latest of the updates in it; one that was deleted starts anew.</summary>
    private bool TryFold(
        in Record<TKey, Change<TValue>> record, in CacheEntry<TAggregate> row, out Record<TKey, TAggregate> update)
    {
        var hasResult = row.HasValue;
        TAggregate result;
        try
        {
            result = _fold.Apply(record.Key, record.Value, row.Value, ref hasResult);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            update = default;
            return false;
        }

        var timestamp = row.HasValue ? Math.Max(record.Timestamp, row.Timestamp) : record.Timestamp;
        update = Record<TKey, TAggregate>.Create(
            record.Key, hasKey: true, result, hasResult, timestamp, record.Headers);
        return true;
    }

    /// <summary>Whether a result is the value that came in, which other aggregations of the group are given too.</summary>
    private static bool IsSame(in Record<TKey, Change<TValue>> record, in Record<TKey, TAggregate> update) =>
        !typeof(TValue).IsValueType && !typeof(TAggregate).IsValueType
        && update.HasValue && ReferenceEquals(update.Value, record.Value.New);
}
