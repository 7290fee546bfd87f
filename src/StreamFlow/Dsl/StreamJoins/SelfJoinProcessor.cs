using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// A stream joined with itself over one store: gives what the two sides give with a store each, in the same order. First the
/// record as the left one, with those before it; then as the right one, with those before it and itself, which by then is kept.
/// </summary>
internal sealed class SelfJoinProcessor<TKey, TValue, TResult> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly SelfJoinSetup<TKey, TValue, TResult> _setup;
    private readonly WindowStore<TKey, TValue> _records;
    private readonly JoinWindows _windows;
    private long _streamTime = -1;

    public SelfJoinProcessor(
        string name, TaskContext task, Processor<TKey, TResult> next, SelfJoinSetup<TKey, TValue, TResult> setup)
        : base(name)
    {
        _task = task;
        _next = next;
        _setup = setup;
        _records = (WindowStore<TKey, TValue>)task.Store(setup.Store);
        _windows = setup.Windows;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        _streamTime = Math.Max(Math.Max(_streamTime, record.Timestamp), _records.StreamTime);
        if (!record.HasKey && record.HasValue && _setup.Left.HasResultAlone)
        {
            HandOnAlone(_setup.Left, in record);
            if (_setup.Right.HasResultAlone)
            {
                HandOnAlone(_setup.Right, in record);
            }
            else
            {
                _task.Drop(DropReason.NullKey, this, record.Timestamp);
            }

            return;
        }

        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasValue ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
            return;
        }

        Meet(_setup.Left, in record, new MeetingTimes(_windows.BeforeMs, _windows.AfterMs), meetsItself: false, _windows.AfterMs);
        Meet(_setup.Right, in record, new MeetingTimes(_windows.AfterMs, _windows.BeforeMs), MeetsItself(record.Timestamp), _windows.BeforeMs);
    }

    /// <summary>Whether the record is within its own window, and not too late to be kept.</summary>
    private bool MeetsItself(long timestamp) =>
        _windows.BeforeMs >= 0 && _windows.AfterMs >= 0 && _records.Takes(timestamp);

    /// <param name="side">What the record is.</param>
    /// <param name="record">The record.</param>
    /// <param name="times">What it meets.</param>
    /// <param name="meetsItself">Whether it is among them.</param>
    /// <param name="laterMs">How long after its time others can come.</param>
    private void Meet(
        SideJoiner<TKey, TValue, TValue, TResult> side, in Record<TKey, TValue> record, MeetingTimes times, bool meetsItself, long laterMs)
    {
        if (TryScan(in record, times) is not { } others)
        {
            return;
        }

        using (others)
        {
            var itself = new ValueAndTimestamp<TValue>(record.Value, record.Timestamp);
            var (hasMet, awaitsItself, goesOn) = (meetsItself, meetsItself, true);
            while (goesOn && others.MoveNext())
            {
                hasMet = true;
                var other = new ValueAndTimestamp<TValue>(others.Value, others.Key.Start);
                if (awaitsItself && other.Timestamp > record.Timestamp)
                {
                    awaitsItself = false;
                    goesOn = HandOn(side, in record, itself, record.Headers);
                }

                goesOn = goesOn && HandOn(side, in record, other, others.Headers);
            }

            if (goesOn && awaitsItself)
            {
                HandOn(side, in record, itself, record.Headers);
            }
            else if (!hasMet && side.HasResultAlone && IsOver(record.Timestamp, laterMs))
            {
                HandOnAlone(side, in record);
            }
        }
    }

    /// <summary>Whether nothing can come any more that the record would meet. Whoever waits meets itself at the latest.</summary>
    private bool IsOver(long timestamp, long laterMs) =>
        timestamp < EventTime.Subtract(_streamTime, laterMs + _windows.GraceMs);

    private StoreIterator<WindowKey<TKey>, TValue>? TryScan(in Record<TKey, TValue> record, MeetingTimes times)
    {
        var (from, to) = times.Of(record.Timestamp);
        try
        {
            return _records.Scan(record.Key, from, to);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // The serde cannot write the key.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return null;
        }
    }

    private void HandOnAlone(SideJoiner<TKey, TValue, TValue, TResult> side, in Record<TKey, TValue> record) =>
        HandOn(side, in record, other: null, otherHeaders: null);

    private bool HandOn(
        SideJoiner<TKey, TValue, TValue, TResult> side, in Record<TKey, TValue> record, ValueAndTimestamp<TValue>? other,
        Headers? otherHeaders)
    {
        if (!side.TryJoin(_task, this, in record, other, out var result))
        {
            return false;
        }

        var timed = other is { } met && met.Timestamp > record.Timestamp ? result.WithTimestamp(met.Timestamp) : result;
        JoinedResults.HandOn(_next, Name, in timed, otherHeaders);
        return true;
    }
}

/// <summary>What a stream joined with itself is made of in each task.</summary>
/// <param name="Store">Name of the store of its records.</param>
/// <param name="Windows">Which of them meet.</param>
/// <param name="Left">Makes the results of a record as the left one.</param>
/// <param name="Right">Makes the results of a record as the right one.</param>
internal sealed record SelfJoinSetup<TKey, TValue, TResult>(
    string Store, JoinWindows Windows, SideJoiner<TKey, TValue, TValue, TResult> Left,
    SideJoiner<TKey, TValue, TValue, TResult> Right);
