using StreamFlow.Clients;

namespace StreamFlow.State;

/// <summary>
/// Which windows a store still has. Its stream time is the highest start written; a window that starts more than the
/// retention before it is expired: unreadable at once, and removed with its segment of time later. Both follow Kafka
/// Streams (AbstractRocksDBSegmentedBytesStore, InMemoryWindowStore). For sessions it is the end instead of the start.
/// </summary>
internal sealed class WindowExpiry
{
    /// <summary>Reason given for a write to what has expired.</summary>
    public const string Reason = "expired";

    private const long MinSegmentMs = 60_000;
    private readonly long _retentionMs;
    private readonly long _segmentMs;
    private long _committed = -1;

    public WindowExpiry(long retentionMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(retentionMs);
        _retentionMs = retentionMs;
        _segmentMs = SegmentMsOf(retentionMs);
    }

    /// <summary>How long behind the stream time a window is kept, in milliseconds.</summary>
    public long RetentionMs => _retentionMs;

    /// <summary>Highest start written, -1 before the first.</summary>
    public long StreamTime { get; private set; } = -1;

    /// <summary>Whether the stream time is not yet that of the byte store.</summary>
    public bool HasAdvanced => StreamTime != _committed;

    /// <summary>Lowest start that has not expired.</summary>
    public long FirstLiveStart => Math.Max(0, StreamTime - _retentionMs + 1);

    public long FirstLiveSegment => SegmentOf(FirstLiveStart);

    /// <summary>How long a stretch of time lies together, for a retention.</summary>
    public static long SegmentMsOf(long retentionMs) => Math.Max(retentionMs / 2, MinSegmentMs);

    public long SegmentOf(long start) => start / _segmentMs;

    /// <summary>Whether a window is refused and hidden.</summary>
    public bool IsExpired(long start) => start < FirstLiveStart;

    public void Advance(long start) => StreamTime = Math.Max(StreamTime, start);

    public static StateStoreException KeyTooShort(string store, in ByteRecord record) => new(
        $"The changelog of store '{store}' has a key of {record.Key.Length} bytes at offset {record.Offset}, too short "
        + "for a window. Check that the topic belongs to this application and was not written by another.");

    /// <summary>Takes over the stream time of the byte store.</summary>
    public void Load(long streamTime)
    {
        StreamTime = streamTime;
        _committed = streamTime;
    }

    public void Commit() => _committed = StreamTime;

    public void Rollback() => StreamTime = _committed;
}
