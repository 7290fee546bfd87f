using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key and window. A window is closed, and a record late for it, once the largest record time
/// seen here, or by another operator with the same store, is its end plus grace or more; records without a key do not move
/// that time. Records without a value count.
/// </summary>
internal sealed class WindowAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly TimeWindows _windows;
    private readonly WindowedMaterialization<TKey, TAggregate> _rows;
    private readonly FinalResults<TKey, TAggregate>? _finals;

    /// <param name="setup">The node in its task.</param>
    /// <param name="fold">How a record enters an aggregate.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="rows">The aggregates.</param>
    /// <param name="finals">Sends results on when their windows are closed; null where the rows tell of each update.</param>
    public WindowAggregateProcessor(
        NodeSetup setup, Fold<TKey, TValue, TAggregate> fold, TimeWindows windows,
        WindowedMaterialization<TKey, TAggregate> rows, FinalResults<TKey, TAggregate>? finals = null)
        : base(setup.Name)
    {
        _task = setup.Task;
        _fold = fold;
        _windows = windows;
        _rows = rows;
        _finals = finals;
        _rows.CanUndo = _task.Errors.MayLetThrough;
    }

    public override void Init(TaskContext context) => _finals?.Load(CloseTime());

    public override void Process(in Record<TKey, TValue> record)
    {
        if (WhyNot(in record) is { } reason)
        {
            _task.Drop(reason, this);
            return;
        }

        var window = default(Window);
        if (!TryMove(in record, isFirst: true, ref window))
        {
            return;
        }

        // After its window is known: a time that is in none must not make the next records late.
        _rows.Store.Observe(record.Timestamp);
        var closeTime = CloseTime();
        _finals?.Close(closeTime, record.Headers);
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

    private DropReason? WhyNot(in Record<TKey, TValue> record) =>
        !record.HasKey ? DropReason.NullKey
        : !record.HasValue && !_fold.TakesMissingValue ? DropReason.NullValue
        : !_windows.Covers(record.Timestamp) ? DropReason.NoWindow
        : null;

    private long CloseTime() => EventTime.Subtract(_rows.Store.ObservedTime, _windows.GraceMs);

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
            if (!row.HasValue)
            {
                _finals?.Open(record.Key, window);
            }

            _rows.Set(ref row, update.WithKey(new Windowed<TKey>(update.Key, window)), isShared);
        }
        else
        {
            _rows.Undo(ref row);
        }
    }
}
