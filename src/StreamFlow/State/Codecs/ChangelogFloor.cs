using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// From where on the changelog of a store is needed whose keys expire. A mark is a time and an offset: no record before the
/// offset has a later time. When the time of a mark has expired, all before its offset has, whatever compaction has left of
/// it. There is a mark for each segment of time that is alive, so they are few.
/// </summary>
internal sealed class ChangelogFloor(WindowExpiry expiry)
{
    private const int MarkBytes = 2 * sizeof(long);
    private readonly List<(long Time, long Offset)> _marks = [];
    private readonly PooledBuffer _buffer = new();
    private long _offset;
    private bool _isUnwritten;

    /// <summary>Offset of the first changelog record that may still be needed.</summary>
    public long Offset
    {
        get
        {
            DropExpired();
            return _offset;
        }
    }

    private static ReadOnlySpan<byte> Key => [0xFF, 0x02];

    /// <summary>Takes over what the byte store has.</summary>
    public void Load(IByteStore bytes)
    {
        _marks.Clear();
        _offset = 0;
        _isUnwritten = false;
        _buffer.Clear();
        if (!bytes.TryGet(Key, _buffer))
        {
            return;
        }

        for (var written = _buffer.Written; written.Length >= MarkBytes; written = written[MarkBytes..])
        {
            _marks.Add((
                BinaryPrimitives.ReadInt64BigEndian(written), BinaryPrimitives.ReadInt64BigEndian(written[sizeof(long)..])));
        }
    }

    /// <summary>
    /// A record is about to be restored. Where it begins another segment of time, what is before it ends one: whoever restarts
    /// often must not take all that is restored for as young as the youngest of it.
    /// </summary>
    public void Restoring(long time, long offset)
    {
        var before = expiry.StreamTime;
        if (before >= 0 && time > before && expiry.SegmentOf(time) != expiry.SegmentOf(before))
        {
            Mark(before, offset);
            DropExpired();
        }
    }

    /// <summary>A batch is about to be written that holds the changelog up to an offset; the stream time is that of then.</summary>
    public void Advance(long end, int index, StoreBatch batch)
    {
        if (end < _offset || (_marks.Count > 0 && end < _marks[^1].Offset))
        {
            // The log is not the one that the marks are of: they would delete what is needed.
            _marks.Clear();
            _offset = 0;
        }

        var time = expiry.StreamTime;
        if (time < 0)
        {
            return;
        }

        Mark(time, end);
        if (_isUnwritten)
        {
            _isUnwritten = false;
            Write(index, batch);
        }
    }

    private void Mark(long time, long offset)
    {
        if (_marks.Count > 0 && expiry.SegmentOf(_marks[^1].Time) == expiry.SegmentOf(time))
        {
            // Written with the next one: a mark that is behind is true as well.
            _marks[^1] = (time, offset);
            return;
        }

        _marks.Add((time, offset));
        _isUnwritten = true;
    }

    private void DropExpired()
    {
        while (_marks.Count > 0 && expiry.IsExpired(_marks[0].Time))
        {
            _offset = _marks[0].Offset;
            _marks.RemoveAt(0);
        }
    }

    private void Write(int index, StoreBatch batch)
    {
        _buffer.Clear();
        foreach (var (time, offset) in _marks)
        {
            var span = _buffer.GetSpan(MarkBytes);
            BinaryPrimitives.WriteInt64BigEndian(span, time);
            BinaryPrimitives.WriteInt64BigEndian(span[sizeof(long)..], offset);
            _buffer.Advance(MarkBytes);
        }

        batch.Put(index, Key, _buffer.Written);
    }
}
