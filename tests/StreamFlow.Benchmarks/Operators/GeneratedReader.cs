using System.Buffers.Binary;
using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>
/// A partition that makes its records as they are read, without an object for any: keys of 8 bytes, drawn at random from a
/// fixed number of them, values of 8 bytes that count, timestamps that go on by a fixed step.
/// </summary>
internal sealed class GeneratedReader(string topic, int stepMs) : PartitionReader
{
    public const int Keys = 1000;
    public const long FirstTimestamp = 1_750_000_200_000;

    private readonly Batch _batch = new(stepMs);
    private long _position;
    private long _end;

    public override TopicPartition Partition { get; } = new(topic, 0);

    public override long Position => _position;

    public override bool AtEnd => _position == _end;

    /// <summary>Lets so many more records be read.</summary>
    public void Add(int records) => _end += records;

    public override RecordBatch Next()
    {
        _batch.Fill(_position, (int)Math.Min(Batch.Room, _end - _position));
        _position += _batch.Count;
        return _batch;
    }

    private sealed class Batch(int stepMs) : RecordBatch
    {
        public const int Room = 256;

        private const int KeyBytes = sizeof(long);
        private const int RecordBytes = KeyBytes + sizeof(long);
        private readonly byte[] _bytes = new byte[Room * RecordBytes];
        private long _first;
        private int _count;

        public override int Count => _count;

        public void Fill(long first, int count)
        {
            (_first, _count) = (first, count);
            for (var i = 0; i < count; i++)
            {
                var record = _bytes.AsSpan(i * RecordBytes, RecordBytes);
                BinaryPrimitives.WriteInt64BigEndian(record, KeyOf(first + i));
                BinaryPrimitives.WriteInt64BigEndian(record[KeyBytes..], first + i);
            }
        }

        public override ByteRecord Read(int index) => new()
        {
            Key = _bytes.AsSpan(index * RecordBytes, KeyBytes),
            Value = _bytes.AsSpan((index * RecordBytes) + KeyBytes, sizeof(long)),
            HasKey = true,
            HasValue = true,
            Timestamp = Timestamp(index),
            Offset = _first + index,
        };

        public override long Timestamp(int index) => FirstTimestamp + ((_first + index) * stepMs);

        public override Headers? ReadHeaders(int index) => null;

        private static long KeyOf(long index)
        {
            var z = unchecked((ulong)index * 0x9E3779B97F4A7C15);
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            return (long)((z ^ (z >> 27)) % Keys);
        }
    }
}
