using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>
/// A partition of an internal topic that gives back what was produced to it: two rooms, one written and one read, which are
/// used again, so that nothing is allocated once they are large enough.
/// </summary>
internal sealed class LoopReader(TopicPartition partition) : PartitionReader
{
    private Batch _written = new();
    private Batch _read = new();
    private long _position;

    public override TopicPartition Partition => partition;

    public override long Position => _position;

    public override bool AtEnd => _written.Count == 0;

    public void Add(in ByteRecord record, Headers? headers) => _written.Add(in record, headers);

    public override RecordBatch Next()
    {
        (_read, _written) = (_written, _read);
        _written.Clear(_position + _read.Count);
        _position += _read.Count;
        return _read;
    }

    private readonly record struct Entry(int KeyAt, int ValueAt, int End, bool HasKey, bool HasValue, long Timestamp, Headers? Headers);

    private sealed class Batch : RecordBatch
    {
        private byte[] _bytes = new byte[1 << 20];
        private Entry[] _entries = new Entry[1 << 15];
        private int _count;
        private int _used;
        private long _first;

        public override int Count => _count;

        public void Clear(long first) => (_first, _count, _used) = (first, 0, 0);

        public void Add(in ByteRecord record, Headers? headers)
        {
            var (keyAt, valueAt) = (_used, _used + record.Key.Length);
            var end = valueAt + record.Value.Length;
            if (end > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(end, _bytes.Length * 2));
            }

            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, _count * 2);
            }

            record.Key.CopyTo(_bytes.AsSpan(keyAt));
            record.Value.CopyTo(_bytes.AsSpan(valueAt));
            _entries[_count++] = new Entry(keyAt, valueAt, end, record.HasKey, record.HasValue, record.Timestamp, headers);
            _used = end;
        }

        public override ByteRecord Read(int index)
        {
            ref readonly var entry = ref _entries[index];
            return new ByteRecord
            {
                Key = _bytes.AsSpan(entry.KeyAt, entry.ValueAt - entry.KeyAt),
                Value = _bytes.AsSpan(entry.ValueAt, entry.End - entry.ValueAt),
                HasKey = entry.HasKey,
                HasValue = entry.HasValue,
                Timestamp = entry.Timestamp,
                Offset = _first + index,
            };
        }

        public override long Timestamp(int index) => _entries[index].Timestamp;

        public override Headers? ReadHeaders(int index) => _entries[index].Headers;
    }
}
