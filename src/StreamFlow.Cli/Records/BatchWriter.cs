using System.Buffers.Binary;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Cli.Records;

/// <summary>Records that go to one partition as one batch.</summary>
internal sealed class BatchWriter
{
    private byte[] _section = new byte[4096];
    private int _length;
    private long _firstTimestamp;
    private long _maxTimestamp;

    public int Count { get; private set; }

    /// <summary>Bytes before compression.</summary>
    public int Size => _length;

    public void Add(long timestamp, byte[]? key, byte[]? value, ReadOnlySpan<byte> headers)
    {
        _firstTimestamp = Count == 0 ? timestamp : _firstTimestamp;
        _maxTimestamp = Count == 0 ? timestamp : Math.Max(_maxTimestamp, timestamp);
        RecordFields record = new(timestamp - _firstTimestamp, Count, key is not null, key, value is not null, value, headers);
        int size = record.EncodedSize;
        if (_section.Length - _length < size)
        {
            Array.Resize(ref _section, Math.Max(_section.Length * 2, checked(_length + size)));
        }

        _length += record.Write(_section.AsSpan(_length));
        Count++;
    }

    /// <summary>The batch as it is sent.</summary>
    /// <param name="codec">How its records are compressed.</param>
    /// <param name="producerId">The idempotent producer; -1 without.</param>
    /// <param name="producerEpoch">Its epoch.</param>
    /// <param name="sequence">The number of the first record among those of the producer in the partition; -1 without.</param>
    public byte[] Build(Codec codec, long producerId, short producerEpoch, int sequence)
    {
        ReadOnlySpan<byte> section = codec.Compress(_section.AsSpan(0, _length));
        byte[] batch = new byte[RecordBatch.HeaderSize + section.Length];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LengthAt), batch.Length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LeaderEpochAt), -1);
        batch[RecordBatch.MagicAt] = RecordBatch.MagicV2;
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.AttributesAt), codec.Number);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LastOffsetDeltaAt), Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.BaseTimestampAt), _firstTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.MaxTimestampAt), _maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.ProducerIdAt), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.ProducerEpochAt), producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.BaseSequenceAt), sequence);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.RecordCountAt), Count);
        section.CopyTo(batch.AsSpan(RecordBatch.HeaderSize));
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    /// <summary>Begins the next batch in the same memory.</summary>
    public void Reset() => (_length, Count) = (0, 0);
}
