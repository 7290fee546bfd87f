using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// How values look in a byte store: the serialized value, with a timestamped store after the 8 bytes of its timestamp.
/// In the changelog the value stands alone and the record's own timestamp is the value's.
/// </summary>
internal sealed class ValueCodec<TValue>(string storeName, ISerde<TValue> serde, bool timestamped)
{
    private const int TimestampBytes = sizeof(long);

    /// <summary>Timestamp of values of a store that keeps none.</summary>
    public const long NoTimestamp = -1;

    public int Prefix => timestamped ? TimestampBytes : 0;

    public void Write(TValue value, long timestamp, PooledBuffer buffer)
    {
        if (timestamped)
        {
            BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(TimestampBytes), timestamp);
            buffer.Advance(TimestampBytes);
        }

        serde.Serialize(value, buffer);
    }

    public TValue Read(ReadOnlySpan<byte> stored, out long timestamp)
    {
        if (!timestamped)
        {
            timestamp = NoTimestamp;
            return Deserialize(stored);
        }

        if (stored.Length < TimestampBytes)
        {
            throw new StateStoreException(
                $"Store '{storeName}' holds a value of {stored.Length} bytes where a timestamp of 8 bytes and a value are "
                + "expected. The data were written by a store without timestamps: delete the task's state directory.");
        }

        timestamp = BinaryPrimitives.ReadInt64BigEndian(stored);
        return Deserialize(stored[TimestampBytes..]);
    }

    /// <summary>Turns a value of the changelog into one of the byte store.</summary>
    public ReadOnlySpan<byte> Restore(ReadOnlySpan<byte> logged, long timestamp, PooledBuffer buffer)
    {
        if (!timestamped)
        {
            return logged;
        }

        buffer.Clear();
        var span = buffer.GetSpan(TimestampBytes + logged.Length);
        BinaryPrimitives.WriteInt64BigEndian(span, timestamp);
        logged.CopyTo(span[TimestampBytes..]);
        buffer.Advance(TimestampBytes + logged.Length);
        return buffer.Written;
    }

    private TValue Deserialize(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return serde.Deserialize(bytes);
        }
        catch (Exception exception)
        {
            throw new StateStoreException(
                $"Store '{storeName}' holds a value of {bytes.Length} bytes that {serde.GetType().Name} cannot read: "
                + $"{exception.Message} Use the serde that wrote it, or reset the application.",
                exception);
        }
    }
}
