using StreamFlow.Dsl;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string FlatMapValuesPrefix = "KSTREAM-FLATMAPVALUES-";

    /// <summary>
    /// Makes any number of new values of each value; they have its key, timestamp and headers. A tombstone of a value
    /// type that is not nullable stays one, of the new type; of other types the mapper gets <see langword="null"/>.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new values; must not return <see langword="null"/>.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FLATMAPVALUES-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>lines.FlatMapValues(line => line.Split(' '))</code></example>
    public KStream<TKey, TNewValue> FlatMapValues<TNewValue>(
        Func<TValue, IEnumerable<TNewValue>> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendValues<TNewValue>(name, FlatMapValuesPrefix, (node, task, next) =>
            new FlatMapValuesProcessor<TKey, TValue, TNewValue>(node, task, next, (_, value) => mapper(value), false));
    }

    /// <summary>
    /// Makes any number of new values of each key and value; else as
    /// <see cref="FlatMapValues{TNewValue}(Func{TValue, IEnumerable{TNewValue}}, string)"/>. A record with a value but
    /// without a key of a value type that is not nullable is an error, and the processing error handler decides.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new values; must not return <see langword="null"/> nor change the key.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FLATMAPVALUES-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>lines.FlatMapValues((file, line) => line.Split(' ').Select(word => $"{file}: {word}"))</code></example>
    public KStream<TKey, TNewValue> FlatMapValues<TNewValue>(
        Func<TKey, TValue, IEnumerable<TNewValue>> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendValues<TNewValue>(name, FlatMapValuesPrefix, (node, task, next) =>
            new FlatMapValuesProcessor<TKey, TValue, TNewValue>(node, task, next, mapper, takesKey: true));
    }
}

internal sealed class FlatMapValuesProcessor<TKey, TValue, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TNewValue> _next;
    private readonly Func<TKey, TValue, IEnumerable<TNewValue>> _mapper;
    private readonly bool _takesKey;

    public FlatMapValuesProcessor(
        string name, TaskContext task, Processor<TKey, TNewValue> next,
        Func<TKey, TValue, IEnumerable<TNewValue>> mapper, bool takesKey)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
        _takesKey = takesKey;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideValue(in record))
        {
            _next.Process(record.WithoutValue<TNewValue>());
            return;
        }

        IEnumerator<TNewValue> items;
        try
        {
            if (_takesKey)
            {
                MissingParts.RequireKey(in record);
            }

            items = ResultSequence.Enumerate(_mapper(record.Key, record.Value));
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        using (items)
        {
            while (ResultSequence.TryMove(items, in record, _task, this, out var item))
            {
                _next.Process(record.WithValue(item));
            }
        }
    }
}
