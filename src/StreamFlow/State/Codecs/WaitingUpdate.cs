using System.Buffers;
using StreamFlow.Serialization;
using static StreamFlow.State.BufferFields;

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
    private const int SameAsPrior = -2;
    private readonly PooledBuffer _prior = new();
    private readonly PooledBuffer _row = new();

    /// <summary>Serde of the rows.</summary>
    public ISerde<TValue> Rows => serde;

    /// <summary>Bytes of an update that its size does not count: lengths and counts.</summary>
    public static int FrameOf(WaitingUpdate<TValue> update) =>
        sizeof(int) * (5 + (2 * (update.Headers?.Count ?? 0)));

    /// <summary>The time of an update, from its bytes.</summary>
    public static long TimeOf(ReadOnlySpan<byte> data) => ReadLong(ref data);

    public void Serialize(WaitingUpdate<TValue> value, IBufferWriter<byte> writer)
    {
        Write(value.Timestamp, writer);
        Write(value.Offset, writer);
        Write(value.Topic ?? string.Empty, writer);
        Write(value.Partition, writer);
        Write(value.Headers, writer);
        WriteRow(value.Prior, value.HasPrior, _prior, writer);
        WriteOld(in value, writer);
        WriteRow(value.New, value.HasNew, _row, writer);
        _prior.Trim();
        _row.Trim();
    }

    public WaitingUpdate<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        var (timestamp, offset) = (ReadLong(ref data), ReadLong(ref data));
        var topic = ReadText(ref data);
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
            Write(NoBytes, writer);
            return;
        }

        serde.Serialize(value, buffer);
        Write(buffer.Written, writer);
    }

    private void WriteOld(in WaitingUpdate<TValue> value, IBufferWriter<byte> writer)
    {
        if (!value.HasOld)
        {
            Write(NoBytes, writer);
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
        length == NoBytes ? (default!, false) : (serde.Deserialize(Take(ref data, length)), true);
}
