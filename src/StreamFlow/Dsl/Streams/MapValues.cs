using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string MapValuesPrefix = "KSTREAM-MAPVALUES-";

    /// <summary>
    /// Makes a new value of each value and keeps the key. A tombstone of a value type that is not nullable stays one; of
    /// other types the mapper gets <see langword="null"/>. A mapper that returns <see langword="null"/> makes a tombstone.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new value.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-MAPVALUES-0000000001</c>.</param>
    /// <returns>The records with their new values.</returns>
    /// <example><code>orders.MapValues(order => order.Amount)</code></example>
    public KStream<TKey, TNewValue> MapValues<TNewValue>(Func<TValue, TNewValue> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendValues<TNewValue>(name, MapValuesPrefix, (node, task, next) =>
            new MapValuesProcessor<TKey, TValue, TNewValue>(node, task, next, mapper));
    }

    /// <summary>
    /// Makes a new value of each key and value and keeps the key; else as
    /// <see cref="MapValues{TNewValue}(Func{TValue, TNewValue}, string)"/>. A record with a value but without a key of a
    /// value type that is not nullable is an error, and the processing error handler decides.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new value; must not change the key.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-MAPVALUES-0000000001</c>.</param>
    /// <returns>The records with their new values.</returns>
    /// <example><code>orders.MapValues((id, order) => $"{id}: {order.Amount}")</code></example>
    public KStream<TKey, TNewValue> MapValues<TNewValue>(Func<TKey, TValue, TNewValue> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendValues<TNewValue>(name, MapValuesPrefix, (node, task, next) =>
            new MapValuesWithKeyProcessor<TKey, TValue, TNewValue>(node, task, next, mapper));
    }
}

internal sealed class MapValuesProcessor<TKey, TValue, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TNewValue> _next;
    private readonly Func<TValue, TNewValue> _mapper;

    public MapValuesProcessor(
        string name, TaskContext task, Processor<TKey, TNewValue> next, Func<TValue, TNewValue> mapper)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideValue(in record))
        {
            _next.Process(record.WithoutValue<TNewValue>());
            return;
        }

        TNewValue value;
        try
        {
            value = _mapper(record.Value);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithValue(value));
    }
}

internal sealed class MapValuesWithKeyProcessor<TKey, TValue, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TNewValue> _next;
    private readonly Func<TKey, TValue, TNewValue> _mapper;

    public MapValuesWithKeyProcessor(
        string name, TaskContext task, Processor<TKey, TNewValue> next, Func<TKey, TValue, TNewValue> mapper)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideValue(in record))
        {
            _next.Process(record.WithoutValue<TNewValue>());
            return;
        }

        TNewValue value;
        try
        {
            MissingParts.RequireKey(in record);
            value = _mapper(record.Key, record.Value);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithValue(value));
    }
}
