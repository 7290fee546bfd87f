using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps one aggregate per key and window. A window is closed, and a record late for it, once the largest record time
/// seen here is its end plus grace or more; records without a key do not move that time. Records without a value count.
/// </summary>
internal sealed class WindowAggregateProcessor<TKey, TValue, TAggregate> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<Windowed<TKey>, Change<TAggregate>> _next;
    private readonly Fold<TKey, TValue, TAggregate> _fold;
    private readonly WindowStore<TKey, TAggregate> _store;
    private readonly TimeWindows _windows;
    private readonly bool _caching;
    private bool _emitsOnUpdate;
    private long _observedStreamTime;

    public WindowAggregateProcessor(
        string name, TaskContext task, Processor<Windowed<TKey>, Change<TAggregate>> next,
        Fold<TKey, TValue, TAggregate> fold, string store, TimeWindows windows, bool caching)
        : base(name)
    {
        _task = task;
        _next = next;
        _fold = fold;
        _store = (WindowStore<TKey, TAggregate>)task.Store(store);
        _windows = windows;
        _caching = caching;
    }

    public override void Init(TaskContext context)
    {
        // A window the store has seen the successors of must not open again after a restart.
        _observedStreamTime = _store.StreamTime;
        _emitsOnUpdate = !_caching || context.Budget.EmitOnUpdate;
        if (!_emitsOnUpdate)
        {
            _store.FlushListener = new Forwarder(_next, _windows);
        }
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this);
            return;
        }

        if (!record.HasValue && !_fold.TakesMissingValue)
        {
            _task.Drop(DropReason.NullValue, this);
            return;
        }

        _observedStreamTime = Math.Max(_observedStreamTime, record.Timestamp);
        var closeTime = _observedStreamTime - _windows.Grace;
        for (var start = _windows.FirstStart(record.Timestamp); start <= record.Timestamp; start += _windows.Advance)
        {
            var window = _windows.WindowAt(start);
            if (window.End <= closeTime)
            {
                _task.Drop(DropReason.Late, this);
            }
            else
            {
                Update(in record, window);
            }
        }
    }

    private void Update(in Record<TKey, TValue> record, Window window)
    {
        var key = record.Key;
        ref var entry = ref _store.Find(in key, window.Start);
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
        if (_store.Set(ref entry, result, hasResult, timestamp, record.Headers) && _emitsOnUpdate)
        {
            _next.Process(new Record<Windowed<TKey>, Change<TAggregate>>(
                new Windowed<TKey>(key, window), change, timestamp, record.Headers));
        }
    }

    private sealed class Forwarder(Processor<Windowed<TKey>, Change<TAggregate>> next, TimeWindows windows)
        : FlushListener<WindowKey<TKey>, TAggregate>
    {
        public override void Flushed(
            in WindowKey<TKey> key, in Change<TAggregate> change, long timestamp, Headers? headers) =>
            next.Process(new Record<Windowed<TKey>, Change<TAggregate>>(
                new Windowed<TKey>(key.Key, windows.WindowAt(key.Start)), change, timestamp, headers));
    }
}
