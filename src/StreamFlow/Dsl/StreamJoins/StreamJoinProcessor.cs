using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// One side of a join of two streams: each record meets those of the other stream that are near it in time, the earliest first.
/// There is no such thing as a late record here: one that comes late meets whatever the store still has. One that meets none waits,
/// in left and outer joins, until none can come any more.
/// </summary>
internal sealed class StreamJoinProcessor<TKey, TThis, TOther, TResult> : Processor<TKey, TThis>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly SideJoiner<TKey, TThis, TOther, TResult> _joiner;
    private readonly WindowStore<TKey, TOther> _others;
    private readonly MeetingTimes _times;
    private readonly WaitingSide<TKey, TThis>? _waiting;

    /// <param name="name">Name of the node.</param>
    /// <param name="task">The task.</param>
    /// <param name="next">Where the results go.</param>
    /// <param name="joiner">Makes the results.</param>
    /// <param name="others">Name of the store with the other side's records.</param>
    /// <param name="times">Which of them a record meets.</param>
    /// <param name="waiting">The records that wait; null where none has a result alone.</param>
    public StreamJoinProcessor(
        string name, TaskContext task, Processor<TKey, TResult> next, SideJoiner<TKey, TThis, TOther, TResult> joiner,
        string others, MeetingTimes times, WaitingSide<TKey, TThis>? waiting)
        : base(name)
    {
        _task = task;
        _next = next;
        _joiner = joiner;
        _others = (WindowStore<TKey, TOther>)task.Store(others);
        _times = times;
        _waiting = waiting;
    }

    public override void Process(in Record<TKey, TThis> record)
    {
        _waiting?.Observe(record.Timestamp);
        if (!record.HasKey && record.HasValue && _joiner.HasResultAlone)
        {
            // Nothing can meet it, so there is nothing to wait for.
            HandOn(in record, other: null);
            return;
        }

        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasValue ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
            return;
        }

        _waiting?.HandOnDue(this, record.Headers);
        if (TryScan(in record) is { } others && !Meet(in record, others) && _joiner.HasResultAlone && !_waiting!.TryAdd(in record))
        {
            HandOn(in record, other: null);
        }
    }

    private StoreIterator<WindowKey<TKey>, TOther>? TryScan(in Record<TKey, TThis> record)
    {
        var (from, to) = _times.Of(record.Timestamp);
        try
        {
            return _others.Scan(record.Key, from, to);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // The serde cannot write the key.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return null;
        }
    }

    /// <returns>Whether it has met any.</returns>
    private bool Meet(in Record<TKey, TThis> record, StoreIterator<WindowKey<TKey>, TOther> others)
    {
        using (others)
        {
            var found = false;
            var goesOn = true;
            while (others.MoveNext())
            {
                found = true;
                var other = new ValueAndTimestamp<TOther>(others.Value, others.Key.Start);
                _waiting?.Met(record.Key, other.Timestamp, record.Timestamp);

                // A failure leaves the record out; those it has met have met one all the same.
                goesOn = goesOn && HandOn(in record, other, others.Headers);
            }

            return found;
        }
    }

    private bool HandOn(in Record<TKey, TThis> record, ValueAndTimestamp<TOther>? other, Headers? otherHeaders = null)
    {
        if (!_joiner.TryJoin(_task, this, in record, other, out var result))
        {
            return false;
        }

        var timed = other is { } met && met.Timestamp > record.Timestamp ? result.WithTimestamp(met.Timestamp) : result;
        JoinedResults.HandOn(_next, Name, in timed, otherHeaders);
        return true;
    }
}

/// <summary>Which times of the other stream a record meets, from its own, in milliseconds.</summary>
/// <param name="Earlier">How much earlier the other may be.</param>
/// <param name="Later">How much later.</param>
internal readonly record struct MeetingTimes(long Earlier, long Later)
{
    /// <summary>The first and last of them; there are none before 0.</summary>
    public (long From, long To) Of(long time) => (Math.Max(0, EventTime.Subtract(time, Earlier)), EventTime.Add(time, Later));
}
