using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Tells apart what a window store keeps of one key and time. The numbers go on where they stood, after a restart as well
/// as after a restore: with Kafka Streams they begin anew, and a record may take the place of an earlier one.
/// </summary>
internal sealed class DuplicateNumbers
{
    private readonly PooledBuffer _buffer = new();
    private int _last;
    private int _stored;

    private static ReadOnlySpan<byte> Key => [0xFF, 0x01];

    /// <summary>The next number; after 2,147,483,647 they begin anew, as in Kafka Streams.</summary>
    public int Next() => _last = (_last + 1) & int.MaxValue;

    /// <summary>Takes over what the byte store has.</summary>
    public void Load(IByteStore bytes)
    {
        _buffer.Clear();
        if (bytes.TryGet(Key, _buffer))
        {
            _stored = BinaryPrimitives.ReadInt32BigEndian(_buffer.Written);
            _last = Math.Max(_last, _stored);
        }
    }

    /// <summary>Stages the last number given.</summary>
    public void Flush(int index, StoreBatch batch)
    {
        if (_last != _stored)
        {
            _stored = _last;
            Write(index, batch);
        }
    }

    /// <summary>A record with that number was restored.</summary>
    public void Restore(int number, int index, StoreBatch batch)
    {
        if (number > _last)
        {
            _last = _stored = number;
            Write(index, batch);
        }
    }

    private void Write(int index, StoreBatch batch)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, _last);
        batch.Put(index, Key, number);
    }
}
