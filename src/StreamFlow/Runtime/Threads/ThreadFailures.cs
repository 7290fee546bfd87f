namespace StreamFlow.Runtime;

/// <summary>
/// How often threads have failed in a row, and so how long one waits to be replaced: what fails at once when it is tried
/// again must not keep the broker, the group and the log busy for nothing. Used under the lock of its owner.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="limit">How long failures in a row are answered by replacements; <see cref="StreamFlowOptions.TaskTimeout"/>.</param>
internal sealed class ThreadFailures(TimeProvider time, TimeSpan limit)
{
    /// <summary>The wait of the second in a row; the first is replaced at once, further ones wait twice as long each.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);

    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>A failure so long after the one before is another matter, unless it is the same record's.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    /// <summary>So many there are in any case, however long each needs until it fails.</summary>
    private const int FewestReplacements = 2;

    private int _count;
    private long _first;
    private long _last;
    private RecordPosition? _record;

    /// <summary>Failures in a row until now; none when the last one is long ago.</summary>
    public int InARow => _count > 0 && time.GetElapsedTime(_last) < Quiet ? _count : 0;

    /// <summary>Since when threads fail.</summary>
    public TimeSpan Failing => time.GetElapsedTime(_first, _last);

    /// <summary>A thread has failed and is to be replaced.</summary>
    /// <returns>After which time; null: it has been tried long enough.</returns>
    public TimeSpan? Next(Exception error)
    {
        var now = time.GetTimestamp();
        var record = error is RecordFailedException { Error: { Offset: >= 0 } failed }
            ? new RecordPosition(new TopicPartition(failed.Topic, failed.Partition), failed.Offset)
            : (RecordPosition?)null;
        var isSame = _count > 0 && ((record is not null && record == _record) || time.GetElapsedTime(_last, now) < Quiet);
        (_count, _first) = isSame ? (_count + 1, _first) : (1, now);
        (_last, _record) = (now, record);
        if (_count > FewestReplacements && Failing >= limit)
        {
            return null;
        }

        return _count == 1
            ? TimeSpan.Zero
            : TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, FirstWait.Ticks << Math.Min(_count - 2, 10)));
    }
}
