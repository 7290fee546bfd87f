using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// The ranges of store keys that a read of a segmented store has to go through, in its order: for one record key, or those
/// between two, one in each segment, for all keys a single one. Used again for the next read.
/// </summary>
internal sealed class SegmentRanges
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _lastKey = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private long _earliest;
    private long _latest;
    private long _segment;
    private long _lastSegment;
    private Keys _keys;
    private bool _hasLastKey;
    private bool _keysHaveOneLength;
    private bool _reverse;
    private bool _more;

    public ReadOnlySpan<byte> From => _from.Written;

    public ReadOnlySpan<byte> To => _to.Written;

    /// <summary>Segment of the range, in a read of one key.</summary>
    public long Segment { get; private set; }

    /// <summary>Where the record key of the next read is written to.</summary>
    public PooledBuffer Key
    {
        get
        {
            _key.Clear();
            return _key;
        }
    }

    /// <summary>Bytes of the record key that is read.</summary>
    public ReadOnlySpan<byte> KeyBytes => _key.Written;

    /// <summary>Begins a read of the key written before, between two times.</summary>
    public void SetForKey(WindowExpiry expiry, long earliest, long latest, bool reverse)
    {
        Set(expiry, earliest, latest, reverse);
        _keys = Keys.One;
    }

    /// <summary>Begins a read of the keys in a range between two times.</summary>
    /// <param name="keys">The range.</param>
    /// <param name="serde">Turns record keys into bytes.</param>
    /// <param name="filter">Gets the ends of the range: between the bytes of both there are also keys that are not in it.</param>
    /// <param name="expiry">What is still there.</param>
    /// <param name="earliest">Lowest time.</param>
    /// <param name="latest">Highest time.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    public void SetForKeys<TRecordKey>(
        in KeyRange<TRecordKey> keys, ISerde<TRecordKey> serde, SegmentFilter filter, WindowExpiry expiry, long earliest,
        long latest, bool reverse)
    {
        Set(expiry, earliest, latest, reverse);
        _keys = Keys.Range;
        Write(keys.First, keys.HasFirst, serde, _key);
        Write(keys.Last, keys.HasLast, serde, _lastKey);
        _hasLastKey = keys.HasLast;
        _keysHaveOneLength = KeyComparers.HaveOneLength(serde);
        _more &= !_hasLastKey || _key.Written.SequenceCompareTo(_lastKey.Written) <= 0;
        filter.SetKeys(_key.Written, _lastKey.Written, _hasLastKey);
    }

    /// <summary>Begins a read of all keys between two times.</summary>
    public void SetForAll(WindowExpiry expiry, long earliest, long latest)
    {
        Set(expiry, earliest, latest, reverse: false);
        _keys = Keys.All;
    }

    public bool MoveNext()
    {
        if (!_more)
        {
            return false;
        }

        Segment = _segment;
        _from.Clear();
        _to.Clear();
        switch (_keys)
        {
            case Keys.One:
                WriteBound(_key.Written, _earliest, _from);
                WriteBound(_key.Written, AfterLatest, _to);
                break;
            case Keys.Range:
                SegmentCleaner.WriteSegment(_segment, _from);
                _from.Write(_key.Written);
                WriteEndOfKeys();
                break;
            default:
                SegmentCleaner.WriteSegment(_segment, _from);
                SegmentCleaner.WriteSegment(_lastSegment + 1, _to);
                break;
        }

        _more = _keys != Keys.All && _segment != _lastSegment;
        _segment += _reverse ? -1 : 1;
        return true;
    }

    // Times are not negative: the one after the highest there is comes above all in the order of the bytes.
    private long AfterLatest => unchecked(_latest + 1);

    private static void Write<TRecordKey>(TRecordKey? key, bool has, ISerde<TRecordKey> serde, PooledBuffer buffer)
    {
        buffer.Clear();
        if (has)
        {
            serde.Serialize(key!, buffer);
        }
    }

    private void Set(WindowExpiry expiry, long earliest, long latest, bool reverse)
    {
        (_earliest, _latest, _reverse) = (earliest, latest, reverse);
        _more = earliest <= latest;
        var (first, last) = (expiry.SegmentOf(earliest), expiry.SegmentOf(latest));
        (_segment, _lastSegment) = reverse ? (last, first) : (first, last);
    }

    /// <summary>
    /// Writes where the last key of the range ends in a segment. The bytes of a shorter key, which belongs to the range,
    /// may come after those of the last one, because of the time behind it: the end is above the times of all of them.
    /// </summary>
    private void WriteEndOfKeys()
    {
        if (!_hasLastKey)
        {
            SegmentCleaner.WriteSegment(_segment + 1, _to);
            return;
        }

        WriteBound(_lastKey.Written, AfterLatest, _to);
        Span<byte> after = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(after, AfterLatest);
        for (var length = _lastKey.Length - 1; length >= 0 && !_keysHaveOneLength; length--)
        {
            if (after.SequenceCompareTo(_to.Written[(SegmentCleaner.SegmentBytes + length)..]) > 0)
            {
                _to.Truncate(SegmentCleaner.SegmentBytes + length);
                _to.Write(after);
            }
        }
    }

    private void WriteBound(ReadOnlySpan<byte> key, long time, PooledBuffer buffer)
    {
        SegmentCleaner.WriteSegment(_segment, buffer);
        buffer.Write(key);
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), time);
        buffer.Advance(sizeof(long));
    }

    private enum Keys
    {
        All,
        One,
        Range,
    }
}
