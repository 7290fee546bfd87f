using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>An update of a table that waits, and the record that it is due to.</summary>
internal readonly record struct WaitingUpdate<TValue>
{
    /// <summary>The row as those behind know it: before the first of the updates that are one here.</summary>
    public TValue Prior { get; init; }

    public bool HasPrior { get; init; }

    /// <summary>The row before the last update.</summary>
    public TValue Old { get; init; }

    public bool HasOld { get; init; }

    /// <summary>The row now.</summary>
    public TValue New { get; init; }

    public bool HasNew { get; init; }

    public string Topic { get; init; }

    public int Partition { get; init; }

    public long Offset { get; init; }

    public long Timestamp { get; init; }

    public Headers? Headers { get; init; }
}

/// <summary>
/// Writes a waiting update as Kafka Streams does (version 3 of its buffer's format): the record it is due to, then the three
/// rows, each with its length. Keeps a buffer, so each store has its own.
/// </summary>
internal sealed class WaitingUpdateSerde<TValue>(ISerde<TValue> serde) : ISerde<WaitingUpdate<TValue>>
{
    private const int Missing = -1;
    private const int SameAsPrior = -2;
    private readonly PooledBuffer _prior = new();
    private readonly PooledBuffer _row = new();

    /// <summary>Bytes of an update that its size does not count: lengths and counts.</summary>
    public static int FrameOf(WaitingUpdate<TValue> update) =>
        sizeof(int) * (5 + (2 * (update.Headers?.Count ?? 0)));

    public void Serialize(WaitingUpdate<TValue> value, IBufferWriter<byte> writer)
    {
        Write(value.Timestamp, writer);
        Write(value.Offset, writer);
        Write(Encoding.UTF8.GetBytes(value.Topic ?? string.Empty), writer);
        Write(value.Partition, writer);
        Write(value.Headers?.Count ?? 0, writer);
        foreach (var header in value.Headers ?? Headers.Empty)
        {
            Write(Encoding.UTF8.GetBytes(header.Key), writer);
            if (header.Value is { } bytes)
            {
                Write(bytes, writer);
            }
            else
            {
                Write(Missing, writer);
            }
        }

        WriteRow(value.Prior, value.HasPrior, _prior, writer);
        WriteOld(in value, writer);
        WriteRow(value.New, value.HasNew, _row, writer);
        _prior.Trim();
        _row.Trim();
    }

    public WaitingUpdate<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        var (timestamp, offset) = (ReadLong(ref data), ReadLong(ref data));
        var topic = Encoding.UTF8.GetString(ReadBytes(ref data, ReadInt(ref data)));
        var partition = ReadInt(ref data);
        var headers = ReadHeaders(ref data);
        var (prior, hasPrior) = ReadRow(ref data, ReadInt(ref data));
        var length = ReadInt(ref data);
        var (old, hasOld) = length == SameAsPrior ? (prior, hasPrior) : ReadRow(ref data, length);
        var (now, hasNow) = ReadRow(ref data, ReadInt(ref data));
        return new WaitingUpdate<TValue>
        {
            Prior = prior,
            HasPrior = hasPrior,
            Old = old,
            HasOld = hasOld,
            New = now,
            HasNew = hasNow,
            Topic = topic,
            Partition = partition,
            Offset = offset,
            Timestamp = timestamp,
            Headers = headers,
        };
    }

    private void WriteRow(TValue value, bool hasValue, PooledBuffer buffer, IBufferWriter<byte> writer)
    {
        buffer.Clear();
        if (!hasValue)
        {
            Write(Missing, writer);
            return;
        }

        serde.Serialize(value, buffer);
        Write(buffer.Written, writer);
    }

    private void WriteOld(in WaitingUpdate<TValue> value, IBufferWriter<byte> writer)
    {
        if (!value.HasOld)
        {
            Write(Missing, writer);
            return;
        }

        _row.Clear();
        serde.Serialize(value.Old, _row);
        if (value.HasPrior && _row.Written.SequenceEqual(_prior.Written))
        {
            Write(SameAsPrior, writer);
        }
        else
        {
            Write(_row.Written, writer);
        }
    }

    private (TValue Value, bool HasValue) ReadRow(ref ReadOnlySpan<byte> data, int length) =>
        length == Missing ? (default!, false) : (serde.Deserialize(ReadBytes(ref data, length)), true);

    private static Headers? ReadHeaders(ref ReadOnlySpan<byte> data)
    {
        var count = ReadInt(ref data);
        if (count == 0)
        {
            return null;
        }

        var headers = new Header[count];
        for (var i = 0; i < count; i++)
        {
            var key = Encoding.UTF8.GetString(ReadBytes(ref data, ReadInt(ref data)));
            var length = ReadInt(ref data);
            headers[i] = new Header(key, length == Missing ? null : ReadBytes(ref data, length).ToArray());
        }

        return new Headers(headers);
    }

    private static void Write(long number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), number);
        writer.Advance(sizeof(long));
    }

    private static void Write(int number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), number);
        writer.Advance(sizeof(int));
    }

    private static void Write(ReadOnlySpan<byte> bytes, IBufferWriter<byte> writer)
    {
        Write(bytes.Length, writer);
        writer.Write(bytes);
    }

    private static long ReadLong(ref ReadOnlySpan<byte> data) =>
        BinaryPrimitives.ReadInt64BigEndian(ReadBytes(ref data, sizeof(long)));

    private static int ReadInt(ref ReadOnlySpan<byte> data) =>
        BinaryPrimitives.ReadInt32BigEndian(ReadBytes(ref data, sizeof(int)));

    private static ReadOnlySpan<byte> ReadBytes(ref ReadOnlySpan<byte> data, int length)
    {
        if (length < 0 || length > data.Length)
        {
            throw new FormatException(
                $"An update that waits has {length} bytes where {data.Length} are left. Check that the changelog is that of a "
                + "suppression, in version 3 of its format.");
        }

        var bytes = data[..length];
        data = data[length..];
        return bytes;
    }
}
