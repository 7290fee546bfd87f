using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>A partition that gives what a test puts in, batch by batch, and counts how often it is asked.</summary>
internal sealed class FakeReader(string topic) : PartitionReader
{
    private readonly Queue<Batch> _batches = new();
    private long _position;

    public int Asked { get; private set; }

    /// <summary>Whether the broker has nothing either.</summary>
    public bool AtTheEnd { get; set; }

    public override TopicPartition Partition { get; } = new(topic, 0);

    public override long Position => _position;

    public override bool AtEnd => AtTheEnd && _batches.Count == 0;

    /// <summary>Adds a batch of records with these timestamps; keys and values are eight bytes.</summary>
    public void Add(params int[] timestamps)
    {
        _batches.Enqueue(new Batch(_position, timestamps));
        _position += timestamps.Length;
    }

    public override RecordBatch Next()
    {
        Asked++;
        return _batches.TryDequeue(out var batch) ? batch : Batch.Empty;
    }

    private sealed class Batch(long offset, int[] timestamps) : RecordBatch
    {
        public static readonly Batch Empty = new(0, []);

        private static readonly byte[] Eight = new byte[8];

        public override int Count => timestamps.Length;

        public override ByteRecord Read(int index) => new()
        {
            Key = Eight,
            Value = Eight,
            HasKey = true,
            HasValue = true,
            Timestamp = timestamps[index],
            Offset = offset + index,
        };

        public override long Timestamp(int index) => timestamps[index];

        public override Headers? ReadHeaders(int index) => null;
    }
}
