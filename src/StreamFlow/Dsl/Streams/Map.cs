using StreamFlow.Dsl;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string MapPrefix = "KSTREAM-MAP-";

    /// <summary>
    /// Makes a new key and value of each record. The key may change, so a later grouping sends records through a
    /// repartition topic; where the key stays, <see cref="MapValues{TNewValue}(Func{TValue, TNewValue}, string)"/> is
    /// cheaper. A record without key or value that the mapper's types cannot express is dropped and counted.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes key and value of key and value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-MAP-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>orders.Map((id, order) => (order.Customer, order.Amount))</code></example>
    public KStream<TNewKey, TNewValue> Map<TNewKey, TNewValue>(
        Func<TKey, TValue, (TNewKey Key, TNewValue Value)> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendRekeyed<TNewKey, TNewValue>(
            name,
            MapPrefix,
            (node, task, next) => new MapProcessor<TKey, TValue, TNewKey, TNewValue>(node, task, next, mapper),
            SerdeSource<TNewValue>.Registered);
    }
}

internal sealed class MapProcessor<TKey, TValue, TNewKey, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TNewValue> _next;
    private readonly Func<TKey, TValue, (TNewKey Key, TNewValue Value)> _mapper;

    public MapProcessor(
        string name, TaskContext task, Processor<TNewKey, TNewValue> next,
        Func<TKey, TValue, (TNewKey Key, TNewValue Value)> mapper)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideAny(in record))
        {
            _task.Drop(MissingParts.Reason(in record), this);
            return;
        }

        (TNewKey Key, TNewValue Value) mapped;
        try
        {
            mapped = _mapper(record.Key, record.Value);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
            return;
        }

        _next.Process(new Record<TNewKey, TNewValue>(mapped.Key, mapped.Value, record.Timestamp, record.Headers));
    }
}
