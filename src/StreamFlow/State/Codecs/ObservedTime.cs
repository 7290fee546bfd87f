using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// The latest record time that the operators of a windowed store have seen. It decides which windows are closed, so it is kept
/// with the store: a restart must not open them again. Where the bytes are lost, the times of the changelog's records tell it.
/// </summary>
internal sealed class ObservedTime
{
    private readonly PooledBuffer _buffer = new();
    private long _committed = -1;

    /// <summary>The time, -1 before the first record.</summary>
    public long Value { get; private set; } = -1;

    private static ReadOnlySpan<byte> Key => [0xFF, 0x03];

    public void Advance(long time) => Value = Math.Max(Value, time);

    /// <summary>Takes over what the byte store has, or else what its keys tell.</summary>
    public void Load(IByteStore bytes, long streamTime)
    {
        _buffer.Clear();
        Value = bytes.TryGet(Key, _buffer) ? BinaryPrimitives.ReadInt64BigEndian(_buffer.Written) : streamTime;
        _committed = Value;
    }

    /// <summary>A record with that time was restored.</summary>
    public void Restore(long time, int index, StoreBatch batch)
    {
        if (time > Value)
        {
            Value = time;
            Write(index, batch);
        }
    }

    public void Flush(int index, StoreBatch batch)
    {
        if (Value != _committed)
        {
            Write(index, batch);
        }
    }

    public void Commit() => _committed = Value;

    public void Rollback() => Value = _committed;

    private void Write(int index, StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, Value);
        batch.Put(index, Key, time);
    }
}
