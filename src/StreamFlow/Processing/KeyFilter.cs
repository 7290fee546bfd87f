namespace StreamFlow.Processing;

/// <summary>
/// Leaves out records without a key, which belong to no group; counted, so that they are not missed in silence. They pass
/// where a left join is further down, because it has results for them; who else is there drops them then.
/// </summary>
internal sealed class KeyFilter<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TValue> _next;
    private readonly bool _passesMissingKeys;

    public KeyFilter(string name, TaskContext task, Processor<TKey, TValue> next, bool passesMissingKeys)
        : base(name)
    {
        _task = task;
        _next = next;
        _passesMissingKeys = passesMissingKeys;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.HasKey || _passesMissingKeys)
        {
            _next.Process(in record);
        }
        else
        {
            _task.Drop(DropReason.NullKey, this, record.Timestamp);
        }
    }
}
