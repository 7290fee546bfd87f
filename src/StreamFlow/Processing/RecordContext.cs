using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>
/// The input record that what happens now is due to: the one being processed or, while a store is flushed, the last
/// writer of the entry that is handed on. One per task, overwritten for each.
/// </summary>
/// <param name="keepsRaw">Whether entries of stores keep the bytes of their last writer, for a dead letter.</param>
internal sealed class RecordContext(bool keepsRaw) : OriginTracker
{
    private RecordBatch? _batch;
    private int _index;
    private RawRecord? _raw;
    private int _topicHash;
    private int _results;

    public string Topic { get; private set; } = string.Empty;

    public int Partition { get; private set; } = -1;

    public long Offset { get; private set; } = -1;

    /// <summary>
    /// The record's own bytes, copied when they are first asked for; null when there is no record, or its bytes were not
    /// kept.
    /// </summary>
    public RawRecord? Raw => _raw ??= _batch is null ? null : Copy(_batch, _index);

    public override RecordOrigin Current => new(Topic, Partition, Offset, keepsRaw ? Raw : null);

    /// <summary>The same with the bytes only if they were copied already.</summary>
    public RecordOrigin Position => new(Topic, Partition, Offset, _raw);

    /// <summary>
    /// Which result of which input record the next one is, as a number above 0: the same whenever the record is processed. What
    /// a store hands on as it is flushed is not the same whenever that is done: its numbers are below 0 and say only which
    /// result of its entry it is, of which sink or store.
    /// </summary>
    public long NextMark(string sink)
    {
        if (_batch is null)
        {
            return ~(((long)(uint)sink.GetHashCode(StringComparison.Ordinal) << 24) | (uint)(_results++ & 0xFFFFFF));
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

    private void SetPosition(string topic, int partition, long offset)
    {
        if (!ReferenceEquals(topic, Topic))
        {
            _topicHash = topic.GetHashCode(StringComparison.Ordinal);
        }

        Topic = topic;
        Partition = partition;
        Offset = offset;
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
