using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Keys with a time that expire: in the byte store 8 bytes of segment before the key of the changelog, so that what
/// belongs to a stretch of time lies together and goes by removing one range. In the changelog the record key comes
/// first, then times. All integers are big-endian.
/// </summary>
internal abstract class SegmentedKeyCodec<TKey>(bool isComparable, IEqualityComparer<TKey> comparer, WindowExpiry expiry)
    : KeyCodec<TKey>(isComparable, comparer)
{
    public WindowExpiry Expiry => expiry;

    /// <summary>Bytes behind the record key.</summary>
    public abstract int SuffixBytes { get; }

    /// <summary>The time that decides about a key's expiry.</summary>
    public abstract long TimeOf(in TKey key);

    /// <summary>The same, of a store key or a changelog key.</summary>
    public abstract long TimeOf(ReadOnlySpan<byte> bytes);

    /// <summary>Begins a read: which keys it shows, and between which times they are.</summary>
    /// <param name="filter">Gets the condition.</param>
    /// <param name="expiry">What is still there.</param>
    /// <param name="low">For windows the lowest start; for sessions the lowest end.</param>
    /// <param name="high">The highest start.</param>
    public abstract (long Earliest, long Latest) Bound(SegmentFilter filter, WindowExpiry expiry, long low, long high);

    public sealed override bool IsStored(in TKey key) => expiry.SegmentOf(TimeOf(in key)) >= expiry.FirstLiveSegment;

    public sealed override void WriteStoreKey(in TKey key, PooledBuffer buffer)
    {
        SegmentCleaner.WriteSegment(expiry.SegmentOf(TimeOf(in key)), buffer);
        WriteChangelogKey(in key, buffer);
    }

    public sealed override ReadOnlySpan<byte> ChangelogKey(ReadOnlySpan<byte> storeKey) =>
        storeKey[SegmentCleaner.SegmentBytes..];

    /// <summary>Bytes of the record key in a store key.</summary>
    public ReadOnlySpan<byte> RecordKeyOf(ReadOnlySpan<byte> storeKey) =>
        storeKey[SegmentCleaner.SegmentBytes..^SuffixBytes];

    protected abstract void WriteChangelogKey(in TKey key, PooledBuffer buffer);
}

/// <summary>
/// Which entries of a byte range of a segmented store belong to a read: those within times, and of one record key or those
/// between two, if they are given. A range alone does not say so, because times follow a key of any length: between two starts of "k" there
/// are also windows of keys that begin with "k". Used again for the next read.
/// </summary>
internal sealed class SegmentFilter
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _lastKey = new();
    private int _suffixBytes;
    private int _earliestAt;
    private int _latestAt;
    private long _earliest;
    private long _latest;
    private Keys _keys;

    /// <summary>Begins another read.</summary>
    /// <param name="suffixBytes">Bytes behind the record key.</param>
    /// <param name="earliest">Lowest time.</param>
    /// <param name="latest">Highest time.</param>
    /// <param name="earliestAt">Where from the end of a key the time is that must not be lower.</param>
    /// <param name="latestAt">Where from the end of a key the time is that must not be higher.</param>
    public void Set(int suffixBytes, long earliest, long latest, int earliestAt, int latestAt)
    {
        (_suffixBytes, _earliest, _latest, _earliestAt, _latestAt) = (suffixBytes, earliest, latest, earliestAt, latestAt);
        _keys = Keys.Any;
    }

    /// <summary>Leaves out all but one record key.</summary>
    public void SetKey(ReadOnlySpan<byte> key)
    {
        _keys = Keys.One;
        _key.Clear();
        _key.Write(key);
    }

    /// <summary>Leaves out what is not between two record keys; the last one only if there is one.</summary>
    public void SetKeys(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, bool hasLast)
    {
        SetKey(first);
        _keys = hasLast ? Keys.Between : Keys.From;
        _lastKey.Clear();
        _lastKey.Write(last);
    }

    public bool Includes(ReadOnlySpan<byte> storeKey) =>
        TimeAt(storeKey, _earliestAt) >= _earliest
        && TimeAt(storeKey, _latestAt) <= _latest
        && (_keys == Keys.Any || IncludesKey(storeKey[SegmentCleaner.SegmentBytes..^_suffixBytes]));

    private bool IncludesKey(ReadOnlySpan<byte> key) => _keys == Keys.One
        ? key.SequenceEqual(_key.Written)
        : key.SequenceCompareTo(_key.Written) >= 0
            && (_keys == Keys.From || key.SequenceCompareTo(_lastKey.Written) <= 0);

    private static long TimeAt(ReadOnlySpan<byte> storeKey, int fromEnd) =>
        BinaryPrimitives.ReadInt64BigEndian(storeKey[^fromEnd..]);

    private enum Keys
    {
        Any,
        One,
        From,
        Between,
    }
}
