using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// The ranges of store keys that a read of a segmented store has to go through, in its order: for one record key one in
/// each segment, for all keys a single one. Used again for the next read.
/// </summary>
internal sealed class SegmentRanges
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private long _earliest;
    private long _latest;
    private long _segment;
    private long _lastSegment;
    private bool _ofKey;
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
        _ofKey = true;
    }

    /// <summary>Begins a read of all keys between two times.</summary>
    public void SetForAll(WindowExpiry expiry, long earliest, long latest)
    {
        Set(expiry, earliest, latest, reverse: false);
        _ofKey = false;
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
        if (_ofKey)
        {
            WriteBound(_earliest, _from);
            // Times are not negative: the one after the highest there is comes above all in the order of the bytes.
            WriteBound(unchecked(_latest + 1), _to);
        }
        else
        {
            SegmentCleaner.WriteSegment(_segment, _from);
            SegmentCleaner.WriteSegment(_lastSegment + 1, _to);
        }

        _more = _ofKey && _segment != _lastSegment;
        _segment += _reverse ? -1 : 1;
        return true;
    }

    private void Set(WindowExpiry expiry, long earliest, long latest, bool reverse)
    {
        (_earliest, _latest, _reverse) = (earliest, latest, reverse);
        _more = earliest <= latest;
        var (first, last) = (expiry.SegmentOf(earliest), expiry.SegmentOf(latest));
        (_segment, _lastSegment) = reverse ? (last, first) : (first, last);
    }

    private void WriteBound(long time, PooledBuffer buffer)
    {
        SegmentCleaner.WriteSegment(_segment, buffer);
        buffer.Write(_key.Written);
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), time);
        buffer.Advance(sizeof(long));
    }
}
