using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Keeps the stream time of a segmented store in its bytes and removes the segments that have expired. Keys of such a
/// store begin with the 8 bytes of their segment, not negative, so their first byte is below 80.
/// </summary>
internal sealed class SegmentCleaner(WindowExpiry expiry)
{
    /// <summary>Length of the segment before each key.</summary>
    public const int SegmentBytes = sizeof(long);

    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();
    private long _oldestSegment;
    private long _committedLiveSegment;

    /// <summary>Key of the stream time, above all others.</summary>
    public static ReadOnlySpan<byte> StreamTimeKey => [0xFF];

    private static ReadOnlySpan<byte> EndOfSegments => [0x80];

    public static void WriteSegment(long segment, PooledBuffer buffer)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(SegmentBytes), segment);
        buffer.Advance(SegmentBytes);
    }

    /// <summary>Opens the state of one moment, its stream time known: an iterator to be sent on by Seek, and disposed.</summary>
    /// <param name="bytes">The store.</param>
    /// <param name="expiry">Gets the stream time.</param>
    public static ByteIterator OpenAtStreamTime(IByteStore bytes, WindowExpiry expiry)
    {
        var iterator = bytes.Range(StreamTimeKey, default);
        // What else a store keeps beside its rows comes behind it, and may be there without it.
        if (iterator.MoveNext() && iterator.Key.SequenceEqual(StreamTimeKey))
        {
            expiry.Load(BinaryPrimitives.ReadInt64BigEndian(iterator.Value));
        }

        return iterator;
    }

    /// <summary>Takes over what the byte store has.</summary>
    public void Load(IByteStore bytes)
    {
        _from.Clear();
        if (bytes.TryGet(StreamTimeKey, _from))
        {
            expiry.Load(BinaryPrimitives.ReadInt64BigEndian(_from.Written));
        }

        using var iterator = bytes.Range(default, EndOfSegments);
        _oldestSegment = iterator.MoveNext()
            ? BinaryPrimitives.ReadInt64BigEndian(iterator.Key)
            : expiry.FirstLiveSegment;
        _committedLiveSegment = expiry.FirstLiveSegment;
    }

    /// <summary>Stages the stream time and the removal of expired segments.</summary>
    public void Flush(int index, StoreBatch batch)
    {
        if (!expiry.HasAdvanced)
        {
            return;
        }

        WriteStreamTime(index, batch);
        if (expiry.FirstLiveSegment > _oldestSegment)
        {
            WriteRemoval(_oldestSegment, index, batch);
        }
    }

    public void Rollback() => expiry.Rollback();

    public void Committed()
    {
        expiry.Commit();
        // A removal comes before the other changes of its batch, so it misses segments filled and expired within one
        // batch; none of these is older than what was live at the commit before.
        _oldestSegment = _committedLiveSegment;
        _committedLiveSegment = expiry.FirstLiveSegment;
    }

    /// <summary>A record with that time was restored.</summary>
    public void Restore(long time, int index, StoreBatch batch)
    {
        if (time <= expiry.StreamTime)
        {
            return;
        }

        var live = expiry.FirstLiveSegment;
        expiry.Advance(time);
        WriteStreamTime(index, batch);
        if (expiry.FirstLiveSegment > live)
        {
            // What a batch fills and lets expire stays behind (see Committed), and it is not known where one begins:
            // each removal starts from the lowest segment there may be.
            WriteRemoval(0, index, batch);
        }
    }

    private void WriteRemoval(long oldestSegment, int index, StoreBatch batch)
    {
        _from.Clear();
        WriteSegment(oldestSegment, _from);
        _to.Clear();
        WriteSegment(expiry.FirstLiveSegment, _to);
        batch.DeleteRange(index, _from.Written, _to.Written);
    }

    private void WriteStreamTime(int index, StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, expiry.StreamTime);
        batch.Put(index, StreamTimeKey, time);
    }
}
