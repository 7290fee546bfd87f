using System.Buffers.Binary;

namespace StreamFlow.RocksDb;

/// <summary>
/// Encodes changes the way RocksDB's WriteBatch keeps them, so that a whole batch crosses into native code in one call.
/// Format (db/write_batch.cc): 8 bytes sequence, filled in by RocksDB, 4 bytes count, little-endian; then records: tag,
/// varint column family, then key and value each as varint length and bytes.
/// </summary>
internal sealed class WriteBatchEncoder
{
    private const int HeaderLength = 12;
    private const int CountAt = 8;
    private const int MaxVarintLength = 5;
    private const int MaxRecordOverhead = 1 + (3 * MaxVarintLength) + 2;

    // A batch that was larger than usual does not keep its memory for the rest of the task's life.
    private const int MaxRetainedBytes = 8 << 20;

    private byte[] _buffer = new byte[4096];
    private int _used = HeaderLength;

    private enum Tag : byte
    {
        Deletion = 0x04,
        Value = 0x05,
        RangeDeletion = 0x0E,
    }

    public uint Count { get; private set; }

    public ReadOnlySpan<byte> Encoded
    {
        get
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(CountAt), Count);
            return _buffer.AsSpan(0, _used);
        }
    }

    public void Clear()
    {
        Count = 0;
        _used = HeaderLength;
        if (_buffer.Length > MaxRetainedBytes)
        {
            _buffer = new byte[4096];
        }
    }

    /// <summary>Sets <paramref name="space"/> + <paramref name="key"/>.</summary>
    public void Put(uint family, byte space, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Begin(Tag.Value, family, key.Length + value.Length);
        WriteKey(space, key);
        WriteVarint((uint)value.Length);
        WriteBytes(value);
    }

    /// <summary>Removes <paramref name="space"/> + <paramref name="key"/>.</summary>
    public void Delete(uint family, byte space, ReadOnlySpan<byte> key)
    {
        Begin(Tag.Deletion, family, key.Length);
        WriteKey(space, key);
    }

    /// <summary>Removes the keys of a space from <paramref name="from"/> up to <paramref name="to"/>, empty: to its end.</summary>
    public void DeleteRange(uint family, byte space, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (!to.IsEmpty && from.SequenceCompareTo(to) >= 0)
        {
            // RocksDB refuses a range that ends before it begins; it holds nothing.
            return;
        }

        Begin(Tag.RangeDeletion, family, from.Length + to.Length);
        WriteKey(space, from);
        WriteKey(to.IsEmpty ? (byte)(space + 1) : space, to);
    }

    private void Begin(Tag tag, uint family, int payload)
    {
        Reserve(payload);
        Count++;
        _buffer[_used++] = (byte)tag;
        WriteVarint(family);
    }

    private void Reserve(int payload)
    {
        var needed = (long)_used + payload + MaxRecordOverhead;
        if (needed <= _buffer.Length)
        {
            return;
        }

        if (needed > Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"A batch of state changes exceeds {Array.MaxLength} bytes. Commit more often, or lower the limit of " +
                "uncommitted bytes.");
        }

        Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, _buffer.Length * 2L)));
    }

    private void WriteKey(byte space, ReadOnlySpan<byte> key)
    {
        WriteVarint((uint)key.Length + 1);
        _buffer[_used++] = space;
        WriteBytes(key);
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void WriteVarint(uint value)
    {
        while (value >= 0x80)
        {
            _buffer[_used++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _buffer[_used++] = (byte)value;
    }
}
