using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.Processing;

/// <summary>What a source needs to turn bytes into records.</summary>
/// <param name="Serdes">Serdes of the topic.</param>
/// <param name="Extractor">Takes the time from the content; null: the record's own timestamp.</param>
/// <param name="OnInvalid">What to do about negative times.</param>
internal sealed record SourceFormat<TKey, TValue>(
    TopicSerdes<TKey, TValue> Serdes, TimestampExtractor<TKey, TValue>? Extractor, InvalidTimestampPolicy OnInvalid);

/// <summary>
/// Deserializes the records of one topic of a source and hands them on. A task reads one partition of it, so that an offset
/// tells records apart.
/// </summary>
internal sealed class TopicSourceProcessor<TKey, TValue> : SourceProcessor
{
    private readonly TaskContext _task;
    private readonly SourceFormat<TKey, TValue> _format;
    private readonly TopicSerdes<TKey, TValue> _serdes;
    private readonly Processor<TKey, TValue> _next;

    // The head of the partition, deserialized for its timestamp already and waiting to be processed.
    private Record<TKey, TValue> _head;
    private long _headOffset = -1;

    public TopicSourceProcessor(
        string name, TaskContext task, SourceFormat<TKey, TValue> format, Processor<TKey, TValue> next)
        : base(name)
    {
        _task = task;
        _format = format;
        _serdes = format.Serdes;
        _next = next;
    }

    public override bool ReadsTimestampFromRecord =>
        _format.Extractor is not null || _format.OnInvalid != InvalidTimestampPolicy.Fail;

    public override bool TryExtractTimestamp(
        in ByteRecord record, Headers? headers, long partitionTime, out long timestamp)
    {
        timestamp = record.Timestamp;
        if (_format.Extractor is not null)
        {
            Record<TKey, TValue> typed;
            try
            {
                typed = Deserialize(in record, headers, record.Timestamp);
            }
            catch (Exception)
            {
                // Process meets the same failure and asks the handler, in the record's turn.
                return false;
            }

            timestamp = Extract(typed, record.Offset, partitionTime);
            _head = typed;
            _headOffset = record.Offset;
        }

        if (timestamp < 0)
        {
            timestamp = Replace(timestamp, record.Offset, partitionTime);
        }

        return true;
    }

    public override void Process(in ByteRecord record, Headers? headers, long timestamp)
    {
        Record<TKey, TValue> typed;
        if (_headOffset >= 0 && _headOffset == record.Offset)
        {
            typed = _head.WithTimestamp(timestamp);
            _head = default;
            _headOffset = -1;
        }
        else
        {
            try
            {
                typed = Deserialize(in record, headers, timestamp);
            }
            catch (Exception e)
            {
                _task.Errors.Handle(_task, this, ErrorStage.Deserialization, e);
                return;
            }
        }

        _next.Process(in typed);
    }

    private Record<TKey, TValue> Deserialize(in ByteRecord record, Headers? headers, long timestamp)
    {
        _serdes.Show(headers);
        var key = record.HasKey ? _serdes.Keys.Deserialize(record.Key) : default!;
        var value = record.HasValue ? _serdes.Values.Deserialize(record.Value) : default!;
        return Record<TKey, TValue>.Create(key, record.HasKey, value, record.HasValue, timestamp, headers);
    }

    private long Extract(in Record<TKey, TValue> record, long offset, long partitionTime)
    {
        var context = new TimestampContext(partitionTime, _task.Time.GetUtcNow().ToUnixTimeMilliseconds());
        try
        {
            return _format.Extractor!(record, context);
        }
        catch (Exception e)
        {
            throw new StreamsException(
                $"Task {_task.TaskId}: the timestamp extractor of {Name} threw on offset {offset}: {Sentences.End(e.Message)} "
                + "Without its time a record cannot be put in order; let the extractor return a negative number instead.",
                e);
        }
    }

    private long Replace(long timestamp, long offset, long partitionTime)
    {
        if (_format.OnInvalid == InvalidTimestampPolicy.Skip)
        {
            return timestamp;
        }

        if (_format.OnInvalid == InvalidTimestampPolicy.UsePartitionTime && partitionTime >= 0)
        {
            return partitionTime;
        }

        var why = _format.OnInvalid == InvalidTimestampPolicy.UsePartitionTime
            ? "and no earlier record of its partition has one to take instead"
            : "which is no event time";
        throw new StreamsException(
            $"Task {_task.TaskId}: a record of {Name} at offset {offset} has timestamp {timestamp}, {why}. Mend the "
            + "producer, extract the time from the record (Consumed.TimestampExtractor), or choose another "
            + "Consumed.OnInvalidTimestamp.");
    }
}
