using System.Buffers.Binary;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>What a byte store keeps beside a serialized value.</summary>
internal enum StoreFormat
{
    /// <summary>Nothing.</summary>
    Plain,

    /// <summary>Before it, the 8 bytes of its timestamp.</summary>
    Timestamped,

    /// <summary>Before it, its headers and then the 8 bytes of its timestamp.</summary>
    Headers,

    /// <summary>Before it, its headers.</summary>
    HeadersOnly,

    /// <summary>Nothing; the value says itself by its first byte whether there is one.</summary>
    Versioned,
}

/// <summary>
/// How values look in a byte store; the layouts are those of Kafka Streams. In the changelog the value stands alone, and
/// timestamp and headers are the record's own. Safe for use by several threads.
/// </summary>
internal sealed class ValueFormat<TValue>(string storeName, ISerde<TValue> serde, StoreFormat format)
{
    private const int TimestampBytes = sizeof(long);

    /// <summary>Timestamp of values of a store that keeps none.</summary>
    public const long NoTimestamp = -1;

    /// <summary>Headers of every changelog record with a value, where headers are not kept; null: none.</summary>
    public Headers? ChangelogHeaders { get; init; }

    /// <summary>Serde of the values alone.</summary>
    public ISerde<TValue> Serde => serde;

    public bool KeepsHeaders => format is StoreFormat.Headers or StoreFormat.HeadersOnly;

    private bool KeepsTimestamps => format is StoreFormat.Timestamped or StoreFormat.Headers;

    public void Write(TValue value, long timestamp, Headers? headers, PooledBuffer buffer)
    {
        WritePrefix(timestamp, headers, buffer);
        serde.Serialize(value, buffer);
    }

    public TValue Read(ReadOnlySpan<byte> stored, out long timestamp, out Headers? headers)
    {
        headers = null;
        timestamp = NoTimestamp;
        if (KeepsHeaders)
        {
            headers = StoredHeaders.Read(ref stored, storeName);
        }

        if (KeepsTimestamps)
        {
            timestamp = TimestampOf(stored);
            stored = stored[TimestampBytes..];
        }

        return Deserialize(stored);
    }

    /// <summary>The part of a stored value that is the value in the changelog.</summary>
    public ReadOnlySpan<byte> ChangelogValue(ReadOnlySpan<byte> stored)
    {
        if (KeepsHeaders)
        {
            StoredHeaders.Skip(ref stored, storeName);
        }

        return format == StoreFormat.Versioned ? stored[1..] : KeepsTimestamps ? stored[TimestampBytes..] : stored;
    }

    /// <summary>Whether a stored value is one in the changelog, not a tombstone.</summary>
    public bool IsLogged(ReadOnlySpan<byte> stored) => format != StoreFormat.Versioned || stored[0] != 0;

    /// <summary>Turns a value of the changelog into one of the byte store.</summary>
    public ReadOnlySpan<byte> Restore(in ByteRecord record, Headers? headers, PooledBuffer buffer)
    {
        if (format == StoreFormat.Plain)
        {
            return record.Value;
        }

        buffer.Clear();
        WritePrefix(record.Timestamp, headers, buffer);
        if (format == StoreFormat.Versioned)
        {
            buffer.GetSpan(1)[0] = record.HasValue ? (byte)1 : (byte)0;
            buffer.Advance(1);
        }

        record.Value.CopyTo(buffer.GetSpan(record.Value.Length));
        buffer.Advance(record.Value.Length);
        return buffer.Written;
    }

    private void WritePrefix(long timestamp, Headers? headers, PooledBuffer buffer)
    {
        if (KeepsHeaders)
        {
            StoredHeaders.Write(headers, buffer);
        }

        if (KeepsTimestamps)
        {
            BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(TimestampBytes), timestamp);
            buffer.Advance(TimestampBytes);
        }
    }

    private long TimestampOf(ReadOnlySpan<byte> stored) =>
        stored.Length >= TimestampBytes
            ? BinaryPrimitives.ReadInt64BigEndian(stored)
            : throw new StateStoreException(
                $"Store '{storeName}' holds a value of {stored.Length} bytes where a timestamp of 8 bytes and a value are "
                + "expected. The data were written by a store without timestamps: delete the task's state directory.");

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
                + $"{Sentences.End(exception.Message)} Use the serde that wrote it, or reset the application.",
                exception);
        }
    }
}
