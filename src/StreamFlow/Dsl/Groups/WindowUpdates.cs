using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>What a window has after a record.</summary>
internal enum WindowContent
{
    /// <summary>What its row has, and the record.</summary>
    OfRow,

    /// <summary>What is given, and the record.</summary>
    New,

    /// <summary>What is given.</summary>
    Given,
}

/// <summary>
/// What a record makes of the windows that it is in. A record that is left out because a function fails is left out of all of them,
/// and its time counts for nothing: where that may be, all windows are made before time moves on and the first one is written. Else
/// each is written as it is made.
/// </summary>
internal sealed class WindowUpdates<TKey, TValue, TAggregate>
{
    private readonly TaskContext _task;
    private readonly Node _node;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly WindowedMaterialization<TKey, TAggregate> _rows;
    private readonly FinalResults<TKey, TAggregate>? _finals;
    private readonly long _closingDelay;
    private readonly bool _waits;
    private readonly List<(Window Window, Record<TKey, TAggregate> Update)> _made = [];
    private int _closed;
    private Window _lastClosed;

    /// <param name="setup">The node in its task.</param>
    /// <param name="node">The node.</param>
    /// <param name="fold">How a record enters an aggregate.</param>
    /// <param name="rows">The aggregates.</param>
    /// <param name="finals">Sends results on when their windows are closed; null where the rows tell of each update.</param>
    public WindowUpdates(
        NodeSetup setup, Node node, Fold<TKey, TValue, TAggregate> fold, WindowedMaterialization<TKey, TAggregate> rows,
        FinalResults<TKey, TAggregate>? finals)
    {
        _task = setup.Task;
        _node = node;
        _fold = fold;
        _rows = rows;
        _finals = finals;
    }

    /// <summary>How long after its end a window takes records, in milliseconds, for the line about one that came later.</summary>
    public required long GraceMs { get; init; }

    /// <summary>How long after its end a window with final results is closed, in milliseconds.</summary>
    public required long ClosingDelay
    {
        init => _closingDelay = value;
    }

    /// <summary>Whether a record may be in several windows.</summary>
    public required bool AreSeveral
    {
        init
        {
            // One window that is written when all is known needs no second look at its row.
            _waits = _task.Errors.MayLetThrough && (value || _finals is not null);
            _rows.CanUndo = _task.Errors.MayLetThrough && !_waits;
        }
    }

    /// <summary>The latest time that the operator has seen, that of a record included.</summary>
    public long TimeWith(in Record<TKey, TValue> record) => Math.Max(_rows.Store.ObservedTime, record.Timestamp);

    /// <summary>Learns which results are still to be sent when the task begins.</summary>
    public void Load() => _finals?.Load(EventTime.Subtract(_rows.Store.ObservedTime, _closingDelay));

    /// <summary>A record is in windows; they follow, and <see cref="End"/>.</summary>
    public void Begin(in Record<TKey, TValue> record)
    {
        _made.Clear();
        _closed = 0;
        if (!_task.Errors.MayLetThrough)
        {
            MoveTime(in record);
        }
    }

    /// <summary>One of the record's windows is closed.</summary>
    public void SkipClosed(in Window window)
    {
        _closed++;
        _lastClosed = window;
    }

    /// <summary>Leaves a record out because a window is closed, or all its windows are.</summary>
    /// <param name="record">The record.</param>
    /// <param name="window">The window; null where it is not known which it would be.</param>
    public void DropLate(in Record<TKey, TValue> record, Window? window) => _task.Drop(
        DropReason.Late,
        _node.Name,
        new DropTimes(record.Timestamp) { StreamTime = TimeWith(in record), Window = window, GraceMs = GraceMs });

    /// <summary>Makes one window.</summary>
    /// <param name="record">The record.</param>
    /// <param name="window">The window, which is open.</param>
    /// <param name="content">What it has then.</param>
    /// <param name="given">What it has without the record, where that is not its row.</param>
    /// <returns>False when the record is to be left out, which the error handler has decided.</returns>
    public bool TryAdd(
        in Record<TKey, TValue> record, Window window, WindowContent content = WindowContent.OfRow,
        ValueAndTimestamp<TAggregate>? given = null)
    {
        ref var row = ref Unsafe.NullRef<CacheEntry<TAggregate>>();
        try
        {
            row = ref _rows.Find(record.Key, window);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, _node, in record, ErrorStage.Processing, e);
            return false;
        }

        if (!TryMake(in record, in row, content, given, out var update))
        {
            _rows.Undo(ref row);
            return false;
        }

        if (_waits)
        {
            _made.Add((window, update));
            return true;
        }

        if (_task.Errors.MayLetThrough)
        {
            MoveTime(in record);
        }

        Write(in record, ref row, window, in update);
        return true;
    }

    /// <summary>No more windows follow, and none has failed: what was made is written.</summary>
    public void End(in Record<TKey, TValue> record)
    {
        for (; _closed > 0; _closed--)
        {
            DropLate(in record, _lastClosed);
        }

        if (!_task.Errors.MayLetThrough)
        {
            return;
        }

        MoveTime(in record);
        foreach (var (window, update) in _made)
        {
            Write(in record, ref _rows.Find(record.Key, window), window, in update);
        }
    }

    private bool TryMake(
        in Record<TKey, TValue> record, in CacheEntry<TAggregate> row, WindowContent content,
        ValueAndTimestamp<TAggregate>? given, out Record<TKey, TAggregate> update)
    {
        var current = given.GetValueOrDefault();
        switch (content)
        {
            case WindowContent.OfRow when _waits && row.HasValue:
                // The function may change what it is given, and the record be left out for another window's sake.
                current = new ValueAndTimestamp<TAggregate>(_rows.Store.Copy(row.Value), row.Timestamp);
                return _fold.TryUpdate(_task, _node, in record, hasCurrent: true, current, out update);
            case WindowContent.OfRow:
                return _fold.TryUpdate(_task, _node, in record, in row, out update);
            case WindowContent.New:
                return _fold.TryUpdate(_task, _node, in record, given is not null, current, out update);
            default:
                update = new Record<TKey, TAggregate>(record.Key, current.Value, current.Timestamp, record.Headers);
                return true;
        }
    }

    private void MoveTime(in Record<TKey, TValue> record)
    {
        _rows.Store.Observe(record.Timestamp);
        _finals?.Close(EventTime.Subtract(_rows.Store.ObservedTime, _closingDelay), record.Headers);
    }

    private void Write(
        in Record<TKey, TValue> record, ref CacheEntry<TAggregate> row, Window window, in Record<TKey, TAggregate> update)
    {
        if (!row.HasValue)
        {
            _finals?.Open(record.Key, window);
        }

        var isShared = Fold<TKey, TValue, TAggregate>.IsSame(in record, in update);
        _rows.Set(ref row, update.WithKey(new Windowed<TKey>(update.Key, window)), isShared);
    }
}
