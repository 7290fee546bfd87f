using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key and window. A window is closed, and a record late for it, once the largest record time
/// seen here is its end plus grace or more; records without a key do not move that time. Records without a value count.
/// </summary>
internal sealed class WindowAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly TimeWindows _windows;
    private readonly WindowedMaterialization<TKey, TAggregate> _rows;
    private long _observedStreamTime;

    public WindowAggregateProcessor(
        NodeSetup setup, Fold<TKey, TValue, TAggregate> fold, TimeWindows windows,
        WindowedMaterialization<TKey, TAggregate> rows)
        : base(setup.Name)
    {
        _task = setup.Task;
        _fold = fold;
        _windows = windows;
        _rows = rows;
        _rows.CanUndo = _task.Errors.MayLetThrough;
    }

    public override void Init(TaskContext context) =>

        // A window the store has seen the successors of must not open again after a restart.
        _observedStreamTime = _rows.StreamTime;

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this);
            return;
        }

        if (!record.HasValue && !_fold.TakesMissingValue)
        {
            _task.Drop(DropReason.NullValue, this);
            return;
        }

        var window = default(Window);
        if (!TryMove(in record, isFirst: true, ref window))
        {
            return;
        }

        // After its window is known: a time that is in none must not make the next records late.
        _observedStreamTime = Math.Max(_observedStreamTime, record.Timestamp);
        var closeTime = EventTime.Subtract(_observedStreamTime, _windows.GraceMs);
        do
        {
            if (_windows.IsClosed(window, closeTime))
            {
                _task.Drop(DropReason.Late, this);
            }
            else
            {
                Update(in record, window);
            }
        }
        while (TryMove(in record, isFirst: false, ref window));
    }

    /// <summary>Goes to the first or next window of a record.</summary>
    /// <returns>False when there is none, or the user's windows failed, which the error handler has dealt with.</returns>
    private bool TryMove(in Record<TKey, TValue> record, bool isFirst, ref Window window)
    {
        try
        {
            if (isFirst)
            {
                window = _windows.First(record.Timestamp);
                return true;
            }

            return _windows.TryNext(record.Timestamp, ref window);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return false;
        }
    }

    private void Update(in Record<TKey, TValue> record, Window window)
    {
        ref var row = ref Unsafe.NullRef<CacheEntry<TAggregate>>();
        try
        {
            row = ref _rows.Find(record.Key, window);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (_fold.TryUpdate(_task, this, in record, in row, out var update))
        {
            var isShared = Fold<TKey, TValue, TAggregate>.IsSame(in record, in update);
            _rows.Set(ref row, update.WithKey(new Windowed<TKey>(update.Key, window)), isShared);
        }
        else
        {
            _rows.Undo(ref row);
        }
    }
}
