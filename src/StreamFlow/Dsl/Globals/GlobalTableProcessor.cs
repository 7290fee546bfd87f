using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Keeps the latest value of each key of a global table; a record without a value deletes the row.</summary>
internal sealed class GlobalTableProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly KeyValueStore<TKey, TValue> _rows;

    public GlobalTableProcessor(string name, TaskContext task, string store)
        : base(name)
    {
        _task = task;
        _rows = (KeyValueStore<TKey, TValue>)task.Store(store);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this, record.Timestamp);
            return;
        }

        try
        {
            _rows.Put(record.Key, record.Value, record.HasValue, record.Timestamp, headers: null);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // The serde cannot write the key.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
        }
    }
}
