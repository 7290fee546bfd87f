using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Keeps the records of one side of a join for those of the other. A record goes on before it is kept, so that one that comes by
/// both sides meets itself once.
/// </summary>
internal sealed class JoinWindowProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly WindowStore<TKey, TValue> _records;

    public JoinWindowProcessor(string name, TaskContext task, Processor<TKey, TValue> next, string store)
        : base(name)
    {
        _task = task;
        _next = next;
        _records = (WindowStore<TKey, TValue>)task.Store(store);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        _next.Process(in record);

        // What has no key or no value meets none, and the operator behind has said so.
        if (!record.HasKey || !record.HasValue)
        {
            return;
        }

        try
        {
            _records.Put(record.Key, record.Timestamp, record.Value, record.Timestamp, record.Headers);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            // The serde cannot write the key.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
        }
    }
}
