using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
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
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly SlidingWindows _windows;
    private readonly WindowedMaterialization<TKey, TAggregate> _rows;
    private readonly FinalResults<TKey, TAggregate>? _finals;
    private readonly SlidingSet<TAggregate> _set;

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
        _fold = fold;
        _windows = windows;
        _rows = rows;
        _finals = finals;
        _rows.CanUndo = _task.Errors.MayLetThrough;
        _set = new SlidingSet<TAggregate>(rows.Store.Copy);
    }

    private long FirstOpenEnd => EventTime.Subtract(_rows.Store.ObservedTime, _windows.GraceMs);

    private long Difference => _windows.DifferenceMs;

    public override void Init(TaskContext context) => _finals?.Load(EventTime.Subtract(FirstOpenEnd, 1));

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this);
            return;
        }

        _rows.Store.Observe(record.Timestamp);
        _finals?.Close(EventTime.Subtract(FirstOpenEnd, 1), record.Headers);
        if (EventTime.Add(record.Timestamp, Difference) < FirstOpenEnd)
        {
            _task.Drop(DropReason.Late, this);
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

        Update(in record, isEarly);
    }

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
    private void Update(in Record<TKey, TValue> record, bool isEarly)
    {
        foreach (var start in _set.Updated)
        {
            Write(in record, start, Content.OfRow, null);
        }

        if (_set.BehindPrevious is { } behindPrevious)
        {
            Write(in record, behindPrevious, Content.New, null);
        }

        if (!isEarly && _set.MakesLeft)
        {
            Write(in record, record.Timestamp - Difference, Content.New, _set.Left);
        }

        if (_set.Right is { } right)
        {
            Write(in record, record.Timestamp + 1, Content.Given, right);
        }

        if (isEarly)
        {
            Write(in record, 0, Content.OfRow, null);
        }
    }

    /// <summary>Writes one window, unless it is closed.</summary>
    /// <param name="record">The record.</param>
    /// <param name="start">Start of the window.</param>
    /// <param name="content">What the window has then.</param>
    /// <param name="given">What it has without the record, where that is not its row.</param>
    private void Write(
        in Record<TKey, TValue> record, long start, Content content, ValueAndTimestamp<TAggregate>? given)
    {
        var window = _windows.WindowAt(start);
        if (window.End < FirstOpenEnd)
        {
            _task.Drop(DropReason.Late, this);
            return;
        }

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

        if (!TryMake(in record, in row, content, given, out var update))
        {
            _rows.Undo(ref row);
            return;
        }

        if (!row.HasValue)
        {
            _finals?.Open(record.Key, window);
        }

        var isShared = Fold<TKey, TValue, TAggregate>.IsSame(in record, in update);
        _rows.Set(ref row, update.WithKey(new Windowed<TKey>(update.Key, window)), isShared);
    }

    private bool TryMake(
        in Record<TKey, TValue> record, in CacheEntry<TAggregate> row, Content content,
        ValueAndTimestamp<TAggregate>? given, out Record<TKey, TAggregate> update)
    {
        var current = given.GetValueOrDefault();
        switch (content)
        {
            case Content.OfRow:
                return _fold.TryUpdate(_task, this, in record, in row, out update);
            case Content.New:
                return _fold.TryUpdate(_task, this, in record, given is not null, current, out update);
            default:
                update = new Record<TKey, TAggregate>(record.Key, current.Value, current.Timestamp, record.Headers);
                return true;
        }
    }

    /// <summary>What a window has after a record.</summary>
    private enum Content
    {
        /// <summary>What its row has, and the record.</summary>
        OfRow,

        /// <summary>What is given, and the record.</summary>
        New,

        /// <summary>What is given.</summary>
        Given,
    }
}
