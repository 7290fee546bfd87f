using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;

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
    private readonly WindowUpdates<TKey, TValue, TAggregate> _updates;

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
        _updates = new WindowUpdates<TKey, TValue, TAggregate>(setup, this, fold, rows, finals)
        {
            ClosingDelay = windows.GraceMs,
            GraceMs = windows.GraceMs,
            AreSeveral = windows is not (TumblingWindows or UnlimitedWindows),
        };
    }

    public override void Init(TaskContext context) => _updates.Load();

    public override void Process(in Record<TKey, TValue> record)
    {
        if (WhyNot(in record) is { } reason)
        {
            _task.Drop(reason, this, record.Timestamp);
            return;
        }

        var window = default(Window);
        if (!TryMove(in record, isFirst: true, ref window, out var isMoved))
        {
            return;
        }

        // After its window is known: a time that is in none must not make the next records late.
        _updates.Begin(in record);
        var closeTime = EventTime.Subtract(_updates.TimeWith(in record), _windows.GraceMs);
        while (isMoved)
        {
            if (_windows.IsClosed(window, closeTime))
            {
                _updates.SkipClosed(in window);
            }
            else if (!_updates.TryAdd(in record, window))
            {
                return;
            }

            if (!TryMove(in record, isFirst: false, ref window, out isMoved))
            {
                return;
            }
        }

        _updates.End(in record);
    }

    private DropReason? WhyNot(in Record<TKey, TValue> record) =>
        !record.HasKey ? DropReason.NullKey
        : !record.HasValue && !_fold.TakesMissingValue ? DropReason.NullValue
        : !_windows.Covers(record.Timestamp) ? DropReason.NoWindow
        : null;

    /// <summary>Goes to the first or next window of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="isFirst">Whether it is the first one.</param>
    /// <param name="window">The window.</param>
    /// <param name="isMoved">Whether there is one.</param>
    /// <returns>False when the user's windows failed, which the error handler has dealt with.</returns>
    private bool TryMove(in Record<TKey, TValue> record, bool isFirst, ref Window window, out bool isMoved)
    {
        isMoved = isFirst;
        try
        {
            if (isFirst)
            {
                window = _windows.First(record.Timestamp);
            }
            else
            {
                isMoved = _windows.TryNext(record.Timestamp, ref window);
            }

            return true;
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return false;
        }
    }
}
