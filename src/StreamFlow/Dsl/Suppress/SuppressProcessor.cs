using System.Globalization;
using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Holds updates back in a buffer in the order of time. What it sends on has as the value before what was sent on last, which
/// is what those behind have.
/// </summary>
internal sealed class SuppressProcessor<TKey, TValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TValue>> _next;
    private readonly SuppressRule<TKey> _rule;
    private readonly TimeOrderedBuffer<TKey, WaitingUpdate<TValue>> _buffer;
    private readonly bool _tellsOldValues;
    private readonly WaitedResult<TKey, TValue> _waited;
    private readonly SuppressCounts _counts;

    public SuppressProcessor(
        NodeSetup setup, Processor<TKey, Change<TValue>> next, SuppressRule<TKey> rule, string store)
        : base(setup.Name)
    {
        _task = setup.Task;
        _next = next;
        _rule = rule;
        _counts = setup.Task.Metrics.Suppress(setup.Name);
        _buffer = (TimeOrderedBuffer<TKey, WaitingUpdate<TValue>>)setup.Task.Store(store);
        _buffer.CountsBytes = rule.Buffer.MaxRecords is not null || rule.Buffer.MaxBytes is not null;
        _tellsOldValues = setup.Facts.TellsOldValues;
        _waited = new WaitedResult<TKey, TValue>(
            setup.Task, _buffer.KeySerde, ((WaitingUpdateSerde<TValue>)_buffer.ValueSerde).Rows);
    }

    private bool IsOverfull => _buffer.Count > (_rule.Buffer.MaxRecords ?? long.MaxValue)
        || _buffer.Bytes > (_rule.Buffer.MaxBytes ?? long.MaxValue);

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        _buffer.Observe(record.Timestamp);
        try
        {
            Buffer(in record);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        var due = EventTime.Subtract(_buffer.ObservedTime, _rule.DelayMs);
        while (_buffer.TryTakeOldest(due, out var update))
        {
            Emit(in update);
        }

        while (IsOverfull && TakeEarly(out var update))
        {
            Emit(in update);
        }

        _counts.Buffered = _buffer.Count;
        _counts.Bytes = _buffer.CountsBytes ? _buffer.Bytes : null;
    }

    private void Buffer(in Record<TKey, Change<TValue>> record)
    {
        var (change, position) = (record.Value, _task.Record);
        var waits = _buffer.TryGetWaiting(record.Key, out var before);
        var update = new WaitingUpdate<TValue>
        {
            Prior = waits ? before.Prior : change.Old,
            HasPrior = waits ? before.HasPrior : change.HasOld,
            Old = change.Old,
            HasOld = change.HasOld,
            New = change.New,
            HasNew = change.HasNew,
            Topic = position.Topic,
            Partition = position.Partition,
            Offset = position.Offset,
            Timestamp = record.Timestamp,
            Headers = record.Headers,
        };
        var time = _rule.EndOf?.Invoke(record.Key) ?? record.Timestamp;
        _buffer.Put(record.Key, update, time, record.Timestamp, headers: null);
    }

    private bool TakeEarly(out Record<TKey, WaitingUpdate<TValue>> update)
    {
        if (_rule.Buffer.WhenFull == BufferFullStrategy.EmitEarly)
        {
            return _buffer.TryTakeOldest(long.MaxValue, out update);
        }

        throw new StreamsException(string.Create(
            CultureInfo.InvariantCulture,
            $"{Name} holds back {_buffer.Count} updates of {_buffer.Bytes} bytes, more than {Limits()} that its buffer may have. Give "
            + $"it more, or shorter windows and less grace."));
    }

    private string Limits() => string.Join(" or ", new[]
    {
        _rule.Buffer.MaxRecords is { } records ? string.Create(CultureInfo.InvariantCulture, $"the {records} updates") : null,
        _rule.Buffer.MaxBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"the {bytes} bytes") : null,
    }.OfType<string>());

    private void Emit(in Record<TKey, WaitingUpdate<TValue>> taken)
    {
        var update = taken.Value;
        if (_rule.IsFinal && !update.HasNew)
        {
            return;
        }

        _counts.Emitted++;
        var hasOld = _tellsOldValues && update.HasPrior;
        var change = new Change<TValue>(update.New, update.HasNew, hasOld ? update.Prior : default!, hasOld);
        _waited.Begin(Name, Record<TKey, TValue>.Create(
            taken.Key, hasKey: true, update.New, update.HasNew, update.Timestamp, update.Headers));
        try
        {
            _next.Process(new Record<TKey, Change<TValue>>(taken.Key, change, update.Timestamp, update.Headers));
        }
        finally
        {
            _waited.End();
        }
    }
}
