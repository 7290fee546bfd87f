using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>
/// The input record that what happens now is due to: the one being processed or, while a store is flushed, the last
/// writer of the entry that is handed on. One per task, overwritten for each.
/// </summary>
/// <param name="keepsRaw">Whether entries of stores keep the bytes of their last writer, for a dead letter.</param>
/// <param name="taskId">The task.</param>
internal sealed class RecordContext(bool keepsRaw, TaskId taskId = default) : OriginTracker
{
    private RecordBatch? _batch;
    private int _index;
    private RawRecord? _raw;
    private int _topicHash;
    private int _results;
    private string _topic = string.Empty;
    private int _partition = -1;
    private long _offset = -1;
    private long _moves;
    private RecordPosition _last;
    private long _finished = -1;

    public string Topic => _topic;

    public int Partition => _partition;

    public long Offset => _offset;

    public TaskId TaskId => taskId;

    /// <summary>Changes whenever another record, or none, is at hand; odd while it does. May be read by any thread.</summary>
    public long Moves => Volatile.Read(ref _moves);

    /// <summary>
    /// The record's own bytes, copied when they are first asked for; null when there is no record, or its bytes were not
    /// kept.
    /// </summary>
    public RawRecord? Raw => _raw ??= _batch is null ? null : Copy(_batch, _index);

    public override RecordOrigin Current => new(Topic, Partition, Offset, keepsRaw ? Raw : null);

    /// <summary>The same with the bytes only if they were copied already.</summary>
    public RecordOrigin Origin => new(Topic, Partition, Offset, _raw);

    /// <summary>
    /// Which result of which input record the next one is, as a number above 0: the same whenever the record is processed. What
    /// a store hands on as it is flushed is not the same whenever that is done: its numbers are below 0 and say only which
    /// result of its entry it is, of which sink.
    /// </summary>
    public long NextMark(Node sink)
    {
        if (_batch is null)
        {
            return ~(((long)(uint)sink.Name.GetHashCode(StringComparison.Ordinal) << 24) | (uint)(_results++ & 0xFFFFFF));
        }

        // Mixed as SplitMix64 does: neighbours must not meet.
        var mark = ((ulong)(uint)_topicHash << 32) ^ ((ulong)(uint)Partition << 20) ^ (uint)_results++;
        mark = (mark ^ ((ulong)Offset * 0x9E3779B97F4A7C15)) * 0xBF58476D1CE4E5B9;
        mark = (mark ^ (mark >> 27)) * 0x94D049BB133111EB;
        return (long)((mark ^ (mark >> 31)) >> 1) | 1;
    }

    /// <summary>An input record is about to be processed.</summary>
    public void Set(string topic, int partition, long offset, RecordBatch batch, int index)
    {
        SetPosition(topic, partition, offset);
        _batch = batch;
        _index = index;
        _raw = null;
        _results = 0;
    }

    public override void Enter(in RecordOrigin origin)
    {
        SetPosition(origin.Topic, origin.Partition, origin.Offset);
        _raw = origin.Raw;
        _batch = null;
        _results = 0;
    }

    /// <summary>What happens from now on is due to no record.</summary>
    public void Clear() => Enter(RecordOrigin.None);

    /// <summary>A run of records is over, of which the one at hand was the last.</summary>
    /// <param name="timestamp">Now, by the clock.</param>
    public void Finish(long timestamp)
    {
        Volatile.Write(ref _moves, _moves + 1);
        Interlocked.MemoryBarrier();
        Volatile.Write(ref _finished, timestamp);
        _last = new RecordPosition(new TopicPartition(_topic, _partition), _offset);
        Volatile.Write(ref _moves, _moves + 1);
    }

    /// <summary>The record that was finished last, and when, by the clock; for other threads. False when there was none yet.</summary>
    public bool TryGetLast(out RecordPosition record, out long timestamp)
    {
        // A thread that finishes one run after the other leaves time in between.
        long moves;
        do
        {
            moves = Moves;
            (record, timestamp) = (_last, Volatile.Read(ref _finished));
            Interlocked.MemoryBarrier();
        }
        while (moves % 2 != 0 || moves != Moves);

        return timestamp >= 0;
    }

    /// <summary>Another record is looked at before its turn, or that is over.</summary>
    public void Show(string topic, int partition, long offset) => SetPosition(topic, partition, offset);

    /// <summary>The record at hand, for other threads; null when there is none, or it changes at this moment.</summary>
    public RecordPosition? Position()
    {
        var moves = Moves;
        var partition = new TopicPartition(Volatile.Read(ref _topic), Volatile.Read(ref _partition));
        var offset = Volatile.Read(ref _offset);
        return offset < 0 || moves % 2 != 0 || moves != Moves ? null : new RecordPosition(partition, offset);
    }

    /// <summary>Every write is seen after those before it, so that a reader knows by the count whether it has all of one record.</summary>
    private void SetPosition(string topic, int partition, long offset)
    {
        Volatile.Write(ref _moves, _moves + 1);
        if (!ReferenceEquals(topic, _topic))
        {
            _topicHash = topic.GetHashCode(StringComparison.Ordinal);
            Volatile.Write(ref _topic, topic);
        }

        Volatile.Write(ref _partition, partition);
        Volatile.Write(ref _offset, offset);
        Volatile.Write(ref _moves, _moves + 1);
    }

    /// <summary>Copies a record of a batch.</summary>
    public static RawRecord Copy(RecordBatch batch, int index)
    {
        var record = batch.Read(index);
        return new RawRecord(
            record.HasKey ? record.Key.ToArray() : null,
            record.HasValue ? record.Value.ToArray() : null,
            record.Timestamp,
            batch.ReadHeaders(index));
    }
}
