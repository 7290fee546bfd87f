using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key and sliding window: a window for each different set of records that are together in one. A
/// record updates the windows that have it, and makes those that end with it, begin right behind it, or begin right behind
/// the record before it. A window is closed once the largest record time seen is later than its end by more than the grace.
/// </summary>
internal sealed class SlidingAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly SlidingWindows _windows;
    private readonly WindowedMaterialization<TKey, TAggregate> _rows;
    private readonly SlidingSet<TAggregate> _set;
    private readonly WindowUpdates<TKey, TValue, TAggregate> _updates;

    /// <param name="setup">The node in its task.</param>
    /// <param name="fold">How a record enters an aggregate.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="rows">The aggregates.</param>
    /// <param name="finals">Sends results on when their windows are closed; null where the rows tell of each update.</param>
    public SlidingAggregateProcessor(
        NodeSetup setup, Fold<TKey, TValue, TAggregate> fold, SlidingWindows windows,
        WindowedMaterialization<TKey, TAggregate> rows, FinalResults<TKey, TAggregate>? finals)
        : base(setup.Name)
    {
        _task = setup.Task;
        _windows = windows;
        _rows = rows;
        _set = new SlidingSet<TAggregate>(rows.Store.Copy);
        _updates = new WindowUpdates<TKey, TValue, TAggregate>(setup, this, fold, rows, finals)
        {
            ClosingDelay = EventTime.Add(windows.GraceMs, 1),
            GraceMs = windows.GraceMs,
            AreSeveral = true,
        };
    }

    private long Difference => _windows.DifferenceMs;

    public override void Init(TaskContext context) => _updates.Load();

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        _updates.Begin(in record);
        if (EventTime.Add(record.Timestamp, Difference) < FirstOpenEnd(in record))
        {
            _updates.DropLate(in record, _windows.WindowAt(record.Timestamp));
            return;
        }

        var isEarly = record.Timestamp < Difference;
        try
        {
            FindWindows(in record, isEarly);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (TryUpdate(in record, isEarly))
        {
            _updates.End(in record);
        }
    }

    private long FirstOpenEnd(in Record<TKey, TValue> record) =>
        EventTime.Subtract(_updates.TimeWith(in record), _windows.GraceMs);

    private void FindWindows(in Record<TKey, TValue> record, bool isEarly)
    {
        var time = record.Timestamp;
        _set.Clear();
        using var rows = _rows.Store.Scan(
            record.Key, Math.Max(0, time - (2 * Difference)), EventTime.Add(time, 1), reverse: !isEarly);
        while (rows.MoveNext())
        {
            _set.Add(rows.Key.Start, rows.ValueAndTimestamp);
        }

        if (isEarly)
        {
            _set.ArrangeEarly(time, Difference);
        }
        else
        {
            _set.Arrange(time, Difference);
        }
    }

    /// <summary>Updates and makes windows in the order of Kafka Streams.</summary>
    /// <returns>False when the record is to be left out, which the error handler has decided.</returns>
    private bool TryUpdate(in Record<TKey, TValue> record, bool isEarly)
    {
        foreach (var start in _set.Updated)
        {
            if (!TryAdd(in record, start, WindowContent.OfRow))
            {
                return false;
            }
        }

        return (_set.BehindPrevious is not { } behindPrevious || TryAdd(in record, behindPrevious, WindowContent.New))
            && (isEarly || !_set.MakesLeft || TryAdd(in record, record.Timestamp - Difference, WindowContent.New, _set.Left))
            && (_set.Right is not { } right || TryAdd(in record, record.Timestamp + 1, WindowContent.Given, right))
            && (!isEarly || TryAdd(in record, 0, WindowContent.OfRow));
    }

    /// <summary>Makes one window, unless it is closed.</summary>
    private bool TryAdd(
        in Record<TKey, TValue> record, long start, WindowContent content, ValueAndTimestamp<TAggregate>? given = null)
    {
        var window = _windows.WindowAt(start);
        if (window.End >= FirstOpenEnd(in record))
        {
            return _updates.TryAdd(in record, window, content, given);
        }

        _updates.SkipClosed(in window);
        return true;
    }
}
