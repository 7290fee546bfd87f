using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key and session. A session is closed once the largest record time seen is later than its end by
/// more than gap and grace: a closed one takes no record any more and joins no other, however long its store keeps it, and
/// whatever waits in the record cache. So each record is in one session that is open, or it is late.
/// </summary>
internal sealed class SessionAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly SessionFold<TKey, TValue, TAggregate> _fold;
    private readonly SessionWindows _windows;
    private readonly SessionMaterialization<TKey, TAggregate> _rows;
    private readonly FinalResults<TKey, TAggregate>? _finals;
    private readonly List<SessionKey<TKey>> _found = [];
    private readonly List<TAggregate> _aggregates = [];

    /// <param name="setup">The node in its task.</param>
    /// <param name="fold">How records and sessions become aggregates.</param>
    /// <param name="windows">The sessions.</param>
    /// <param name="rows">The aggregates.</param>
    /// <param name="finals">Sends results on when their sessions are closed; null where the rows tell of each update.</param>
    public SessionAggregateProcessor(
        NodeSetup setup, SessionFold<TKey, TValue, TAggregate> fold, SessionWindows windows,
        SessionMaterialization<TKey, TAggregate> rows, FinalResults<TKey, TAggregate>? finals)
        : base(setup.Name)
    {
        _task = setup.Task;
        _fold = fold;
        _windows = windows;
        _rows = rows;
        _finals = finals;
        _rows.CanUndo = _task.Errors.MayLetThrough;
    }

    public override void Init(TaskContext context) =>
        _finals?.Load(EventTime.Subtract(FirstOpenEnd(_rows.Store.ObservedTime), 1));

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this, record.Timestamp);
            return;
        }

        if (!record.HasValue && !_fold.Records.TakesMissingValue)
        {
            _task.Drop(DropReason.NullValue, this, record.Timestamp);
            return;
        }

        var firstOpenEnd = FirstOpenEnd(Math.Max(_rows.Store.ObservedTime, record.Timestamp));
        try
        {
            FindSessions(in record, firstOpenEnd);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (_found.Count == 0 && record.Timestamp < firstOpenEnd)
        {
            DropLate(record.Timestamp);
            return;
        }

        Update(in record, firstOpenEnd);
    }

    private void DropLate(long time) => _task.Drop(
        DropReason.Late,
        Name,
        new DropTimes(time)
        {
            StreamTime = _rows.Store.ObservedTime, Window = new Window(time, time), GraceMs = _windows.GraceMs,
        });

    /// <summary>Earliest end of a session that is open.</summary>
    private long FirstOpenEnd(long observed) => EventTime.Subtract(observed, _windows.OpenMs);

    /// <summary>Finds the open sessions that the record joins, by end, then start.</summary>
    private void FindSessions(in Record<TKey, TValue> record, long firstOpenEnd)
    {
        _found.Clear();
        _aggregates.Clear();
        var earliestEnd = Math.Max(EventTime.Subtract(record.Timestamp, _windows.GapMs), firstOpenEnd);
        var latestStart = EventTime.Add(record.Timestamp, _windows.GapMs);
        using var sessions = _rows.Store.Scan(record.Key, Math.Max(0, earliestEnd), latestStart);
        while (sessions.MoveNext())
        {
            _found.Add(sessions.Key);
            _aggregates.Add(_rows.NeedsCopies ? _rows.CopyOf(sessions.Value) : sessions.Value);
        }
    }

    private void Update(in Record<TKey, TValue> record, long firstOpenEnd)
    {
        TAggregate result;
        try
        {
            result = _fold.Apply(in record, _aggregates);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        // The time of a record that is left out counts for nothing.
        _rows.Store.Observe(record.Timestamp);
        _finals?.Close(EventTime.Subtract(firstOpenEnd, 1), record.Headers);
        var update = record.WithValue(result);
        Write(in update, Fold<TKey, TValue, TAggregate>.IsSame(in record, in update));
    }

    /// <summary>Writes the session that the record, and those it joins, have become.</summary>
    private void Write(in Record<TKey, TAggregate> update, bool isShared)
    {
        var (start, end) = (update.Timestamp, update.Timestamp);
        foreach (var session in _found)
        {
            (start, end) = (Math.Min(start, session.Start), Math.Max(end, session.End));
        }

        // As in Kafka Streams a session of one moment is updated where it is, and any other one is deleted and written anew.
        if (start != end)
        {
            foreach (var session in _found)
            {
                _rows.Remove(in session, in update);
                _finals?.Forget(session.Key, new Window(session.Start, session.End));
            }
        }

        ref var row = ref _rows.Store.Find(update.Key, start, end);
        if (!row.HasValue)
        {
            _finals?.Open(update.Key, new Window(start, end));
        }

        _rows.Set(ref row, start, end, in update, isShared);
    }
}
