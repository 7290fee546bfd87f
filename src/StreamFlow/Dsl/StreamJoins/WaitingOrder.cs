using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// How far the waiting records of one side have been gone through. What comes to wait is never due already, so a scan begins
/// where the one before has ended, and passes what waits on the other side at most once.
/// </summary>
/// <param name="side">The side.</param>
/// <param name="waitMs">How long a record waits behind its own time.</param>
internal sealed class WaitingOrder(JoinSide side, long waitMs)
{
    private long _from;
    private long _due;
    private long _end;

    /// <summary>No record that waits is earlier; none is known where it is at the end of time.</summary>
    public long First { get; private set; }

    /// <summary>Records before this time wait no longer.</summary>
    public long DueBefore(long streamTime) => Math.Max(0, EventTime.Subtract(streamTime, waitMs));

    public bool HasDue(long streamTime) => First < DueBefore(streamTime);

    public void Added(long timestamp) => First = Math.Min(First, timestamp);

    /// <summary>Begins a scan.</summary>
    /// <param name="streamTime">Time now.</param>
    /// <param name="part">Which part of the time to wait it looks ahead.</param>
    /// <returns>The times to go through, the last one excluded.</returns>
    public (long From, long End) Begin(long streamTime, int part)
    {
        var from = _from;
        _due = _from = Math.Max(_from, DueBefore(streamTime));
        _end = EventTime.Add(_due, 1 + (Math.Max(0, waitMs) / part));
        First = _end;
        return (from, _end);
    }

    /// <summary>Goes to the next record of this side that is due; at the end it is known which may be the next.</summary>
    public bool MoveNext<TKey, TValue>(StoreIterator<WaitingKey<TKey>, ItemList<TValue>> records)
    {
        while (records.MoveNext())
        {
            if (records.Key.Timestamp >= _due)
            {
                First = records.Key.Timestamp;
                return false;
            }

            if (records.Key.Side == side)
            {
                return true;
            }
        }

        return false;
    }
}
