using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Lets the records of a stream wait until the grace is over by the time of the stream, so that rows that come late are there
/// when they are joined, in the order of their time. A record that comes later than that is joined at once; so is one without a
/// key, which has no row. Those that are due leave when the next one comes.
/// </summary>
internal sealed class GraceJoinProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    // How far behind what is due a scan looks, to know when to come again: that part of the grace.
    private const int LookAhead = 8;
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _join;
    private readonly GraceBuffer<TKey, TValue> _buffer;
    private readonly long _graceMs;
    private readonly WaitedResult<TKey, TValue> _waited;
    private long _streamTime;
    private long _from;
    private long _first;

    public GraceJoinProcessor(string name, TaskContext task, Processor<TKey, TValue> join, string buffer, long graceMs)
        : base(name)
    {
        _task = task;
        _join = join;
        _buffer = (GraceBuffer<TKey, TValue>)task.Store(buffer);
        _graceMs = graceMs;
        _waited = new WaitedResult<TKey, TValue>(task, _buffer.RecordKeys, _buffer.RecordValues);
    }

    public override void Init(TaskContext context) => _streamTime = _buffer.LatestTime();

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _join.Process(in record);
            return;
        }

        _streamTime = Math.Max(_streamTime, record.Timestamp);
        var due = EventTime.Subtract(_streamTime, _graceMs);
        if (record.Timestamp < due)
        {
            _join.Process(in record);
            return;
        }

        try
        {
            var context = _task.Record;
            _buffer.Add(in record, new RecordPosition(new TopicPartition(context.Topic, context.Partition), context.Offset));
            _first = Math.Min(_first, record.Timestamp);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // The serde cannot write the key.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (_first <= due)
        {
            HandOn(due);
        }
    }

    private void HandOn(long due)
    {
        var end = EventTime.Add(due, 1 + (_graceMs / LookAhead));
        using var records = _buffer.Scan(_from, end);
        (_from, _first) = (Math.Max(0, due), end);
        while (records.MoveNext())
        {
            var (key, waiting) = (records.Key, records.Value);
            if (key.Timestamp > due)
            {
                _first = key.Timestamp;
                return;
            }

            _buffer.Remove(in key, _streamTime);
            Join(new Record<TKey, TValue>(key.Key, waiting.Value, waiting.Timestamp, waiting.Headers));
        }
    }

    private void Join(in Record<TKey, TValue> record)
    {
        _waited.Begin(Name, in record);
        try
        {
            _join.Process(in record);
        }
        finally
        {
            _waited.End();
        }
    }
}
