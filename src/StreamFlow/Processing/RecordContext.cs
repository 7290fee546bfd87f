using StreamFlow.Clients;
using StreamFlow.Serialization;
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
    private RawRecord? _own;
    private WaitedResult? _waited;
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
    /// kept. Of a result that has waited and is handed on, its bytes.
    /// </summary>
    public RawRecord? Raw => _raw ??= _waited?.ToRaw() ?? _own ?? (_batch is null ? null : Copy(_batch, _index));

    public override RecordOrigin Current => new(Topic, Partition, Offset, keepsRaw ? Raw : null);

    /// <summary>
    /// The same with the bytes only if they were copied already, or can be had at no other time: those of a result that has waited.
    /// </summary>
    public RecordOrigin Origin => new(Topic, Partition, Offset, _waited is not null && keepsRaw ? Raw : _raw);

    /// <summary>A result that has waited is handed on, which the record at hand only brings forth.</summary>
    /// <returns>The one that has brought it forth, if that has waited too.</returns>
    public WaitedResult? BeginWaited(WaitedResult result)
    {
        var outer = _waited;
        (_own, _raw, _waited) = (outer is null ? _raw : _own, null, result);
        return outer;
    }

    /// <summary>It has been handed on.</summary>
    public void EndWaited(WaitedResult? outer)
    {
        _waited = outer;
        _raw = null;
        if (outer is null)
        {
            (_raw, _own) = (_own, null);
        }
    }

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
        (_raw, _own, _waited) = (null, null, null);
        _results = 0;
    }

    public override void Enter(in RecordOrigin origin)
    {
        SetPosition(origin.Topic, origin.Partition, origin.Offset);
        (_raw, _own, _waited) = (origin.Raw, null, null);
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

/// <summary>
/// What has waited in an operator and is handed on now, because of a record that it is not made of: a failure further down is its own, and
/// its bytes are the dead letter.
/// </summary>
internal abstract class WaitedResult
{
    /// <summary>Its bytes as they would be written; null where they cannot be.</summary>
    public abstract RawRecord? ToRaw();
}

/// <summary>The same with the serdes of the operator, for one after the other.</summary>
/// <param name="task">The task.</param>
/// <param name="keys">Serde of the keys.</param>
/// <param name="values">Serde of the values.</param>
internal sealed class WaitedResult<TKey, TValue>(TaskContext task, ISerde<TKey> keys, ISerde<TValue> values) : WaitedResult
{
    private readonly PooledBuffer _bytes = new();
    private Record<TKey, TValue> _record;
    private string _node = string.Empty;
    private WaitedResult? _outer;

    /// <summary>One is about to be handed on.</summary>
    /// <param name="node">Name of the operator.</param>
    /// <param name="record">What is handed on.</param>
    public void Begin(string node, in Record<TKey, TValue> record)
    {
        (_node, _record) = (node, record);
        _outer = task.Record.BeginWaited(this);
    }

    /// <summary>It has been handed on.</summary>
    public void End()
    {
        task.Record.EndWaited(_outer);
        (_record, _outer) = (default, null);
    }

    public override RawRecord? ToRaw()
    {
        try
        {
            var key = _record.HasKey ? Write(keys, _record.Key) : null;
            var value = _record.HasValue ? Write(values, _record.Value) : null;
            return new RawRecord(key, value, _record.Timestamp, _record.Headers) { WaitedAt = _node };
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // Then the record that ended its wait is all there is to show.
            return null;
        }
    }

    private byte[] Write<T>(ISerde<T> serde, T value)
    {
        _bytes.Clear();
        serde.Serialize(value, _bytes);
        var bytes = _bytes.Written.ToArray();
        _bytes.Trim();
        return bytes;
    }
}
