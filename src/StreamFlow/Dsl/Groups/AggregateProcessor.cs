using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key. Records without key or value do not count. The result's time is the latest of the
/// records in it; an aggregate that was deleted starts anew, its time forgotten.
/// </summary>
internal sealed class AggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TAggregate>> _next;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly KeyValueStore<TKey, TAggregate> _store;
    private readonly bool _caching;
    private bool _emitsOnUpdate;

    public AggregateProcessor(
        string name, TaskContext task, Processor<TKey, Change<TAggregate>> next,
        Fold<TKey, TValue, TAggregate> fold, string store, bool caching)
        : base(name)
    {
        _task = task;
        _next = next;
        _fold = fold;
        _store = (KeyValueStore<TKey, TAggregate>)task.Store(store);
        _caching = caching;
    }

    public override void Init(TaskContext context)
    {
        _emitsOnUpdate = !_caching || context.Budget.EmitOnUpdate;
        if (!_emitsOnUpdate)
        {
            _store.FlushListener = new ChangeForwarder<TKey, TAggregate>(_next);
        }
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this);
            return;
        }

        var key = record.Key;
        ref var entry = ref _store.Find(in key);
        TAggregate result;
        try
        {
            result = _fold.Apply(in record, entry.Value, entry.HasValue);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
            return;
        }

        var hasResult = !Missing.Is(result);
        var change = new Change<TAggregate>(result, hasResult, entry.Value, entry.HasValue);
        var timestamp = entry.HasValue ? Math.Max(record.Timestamp, entry.Timestamp) : record.Timestamp;
        _store.Set(ref entry, result, hasResult, timestamp, record.Headers);
        if (_emitsOnUpdate)
        {
            _next.Process(new Record<TKey, Change<TAggregate>>(key, change, timestamp, record.Headers));
        }
    }
}
