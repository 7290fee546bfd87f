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

        if (TryFold(in record, ref row, out var update) && !(_rows.HasHistory && !row.HasValue && !update.HasValue))
        {
            _rows.Set(ref row, in update, IsSame(in record, in update));
        }
        else
        {
            // Nothing came of it; a version that says so would hide later updates with earlier times.
            _rows.Undo(ref row);
        }
    }

    /// <summary>The row's time is the latest of the updates in it; one that was deleted starts anew.</summary>
    private bool TryFold(
        in Record<TKey, Change<TValue>> record, ref CacheEntry<TAggregate> row, out Record<TKey, TAggregate> update)
    {
        var hasResult = row.HasValue;
        TAggregate result;
        try
        {
            result = _fold.Apply(record.Key, record.Value, row.Value, ref hasResult);
        }
        catch (Exception e)
        {
            update = default;
            var part = PartWithoutFailures(in record, ref row, e);
            return (part.HasNew || part.HasOld) && TryFold(record.WithValue(part), ref row, out update);
        }

        var timestamp = row.HasValue ? Math.Max(record.Timestamp, row.Timestamp) : record.Timestamp;
        update = Record<TKey, TAggregate>.Create(
            record.Key, hasKey: true, result, hasResult, timestamp, record.Headers);
        return true;
    }

    /// <summary>
    /// What of an update can be folded in: each value on which its function fails goes to the error handler, and is left out alone.
    /// The value before is told only if it may have been put in: one on which the adder fails too was told when it came.
    /// </summary>
    private Change<TValue> PartWithoutFailures(
        in Record<TKey, Change<TValue>> record, ref CacheEntry<TAggregate> row, Exception failure)
    {
        _rows.Undo(ref row);
        var change = record.Value;
        var (now, before) = (new Change<TValue>(change.New, change.HasNew, default!, hasOld: false), default(Change<TValue>));
        if (change.HasOld)
        {
            before = new Change<TValue>(default!, hasNew: false, change.Old, hasOld: true);
            var added = new Change<TValue>(change.Old, hasNew: true, default!, hasOld: false);
            if (FailureOn(in record, ref row, in before) is { } onOld)
            {
                _task.Errors.HandleValue(_task, this, in record, isOld: FailureOn(in record, ref row, in added) is not null, onOld);
                change = now;
            }
        }

        if (change.HasNew && FailureOn(in record, ref row, in change) is { } onNew)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, onNew);
            change = change.HasOld ? before : default;
        }
        else if (change.HasNew == record.Value.HasNew && change.HasOld == record.Value.HasOld)
        {
            // It has failed once, and not again.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, failure);
            return default;
        }

        return change;
    }

    /// <summary>What the functions throw for a part of an update; nothing comes of it. Null where they throw nothing.</summary>
    private Exception? FailureOn(
        in Record<TKey, Change<TValue>> record, ref CacheEntry<TAggregate> row, in Change<TValue> part)
    {
        var hasResult = row.HasValue;
        try
        {
            _fold.Apply(record.Key, in part, row.Value, ref hasResult);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
        finally
        {
            _rows.Undo(ref row);
        }
    }

    /// <summary>Whether a result is the value that came in, which other aggregations of the group are given too.</summary>
    private static bool IsSame(in Record<TKey, Change<TValue>> record, in Record<TKey, TAggregate> update) =>
        !typeof(TValue).IsValueType && !typeof(TAggregate).IsValueType
        && update.HasValue && ReferenceEquals(update.Value, record.Value.New);
}
