using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// The windows of one key that a record has to do with, and which windows it makes. What is in a window that begins with
/// the aggregate of another one was found before any of them was updated. Used again for the next record.
/// </summary>
internal sealed class SlidingSet<TAggregate>(Func<TAggregate, TAggregate> copy)
{
    private readonly List<(long Start, ValueAndTimestamp<TAggregate> Row)> _found = [];
    private long _time;
    private long _difference;

    /// <summary>Starts of windows that are there and have the record, in the order of their updates.</summary>
    public List<long> Updated { get; } = [];

    /// <summary>Start of the window right behind the record before, if that window is new; it has this record alone.</summary>
    public long? BehindPrevious { get; private set; }

    /// <summary>Whether the window that ends with the record is new.</summary>
    public bool MakesLeft { get; private set; }

    /// <summary>What the new window that ends with the record begins with; null: with the initializer.</summary>
    public ValueAndTimestamp<TAggregate>? Left { get; private set; }

    /// <summary>What is in the new window right behind the record; null where there is none.</summary>
    public ValueAndTimestamp<TAggregate>? Right { get; private set; }

    public void Clear()
    {
        _found.Clear();
        Updated.Clear();
        (BehindPrevious, MakesLeft, Left, Right) = (null, true, null, null);
    }

    public void Add(long start, ValueAndTimestamp<TAggregate> row) => _found.Add((start, row));

    /// <summary>Of a record whose windows, from the latest start to the earliest, were added.</summary>
    public void Arrange(long time, long difference)
    {
        (_time, _difference) = (time, difference);
        var leftStart = time - difference;
        var (hasRight, isFirst) = (false, true);
        long? previous = null;
        foreach (var (start, row) in _found)
        {
            if (start > time)
            {
                hasRight = true;
            }
            else if (start >= leftStart)
            {
                if (isFirst && start > leftStart)
                {
                    isFirst = false;
                    Right = hasRight ? null : Behind(row);
                }

                if (start == leftStart)
                {
                    MakesLeft = false;
                    previous = row.Timestamp < time ? row.Timestamp : previous;
                }

                Updated.Add(start);
            }
            else
            {
                previous = row.Timestamp;
                Left = MakesLeft && row.Timestamp >= leftStart ? Copied(row) : null;
                break;
            }
        }

        SetBehind(previous);
    }

    /// <summary>
    /// Of a record within the difference after the beginning of time, whose windows, from the earliest start to the latest,
    /// were added. Such records share the window from 0, which is not among those here.
    /// </summary>
    public void ArrangeEarly(long time, long difference)
    {
        (_time, _difference) = (time, difference);
        var hasRight = false;
        long? previous = null;
        ValueAndTimestamp<TAggregate>? latest = null;
        foreach (var (start, row) in _found)
        {
            if (start > time)
            {
                hasRight = true;
                continue;
            }

            latest = row;
            if (start > 0)
            {
                Updated.Add(start);
            }
            else if (row.Timestamp < time)
            {
                previous = row.Timestamp;
            }
        }

        Right = !hasRight && latest is { } source ? Behind(source) : null;
        SetBehind(previous);
    }

    /// <summary>What is later than the record, if anything is.</summary>
    private ValueAndTimestamp<TAggregate>? Behind(ValueAndTimestamp<TAggregate> row) =>
        row.Timestamp > _time ? Copied(row) : null;

    private ValueAndTimestamp<TAggregate> Copied(ValueAndTimestamp<TAggregate> row) => new(copy(row.Value), row.Timestamp);

    private void SetBehind(long? previous)
    {
        if (previous + 1 is { } start && start >= _time - _difference && !IsFound(start))
        {
            BehindPrevious = start;
        }
    }

    private bool IsFound(long start)
    {
        foreach (var window in _found)
        {
            if (window.Start == start)
            {
                return true;
            }
        }

        return false;
    }
}
