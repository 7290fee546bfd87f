using StreamFlow.Dsl;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string FlatMapPrefix = "KSTREAM-FLATMAP-";

    /// <summary>
    /// Makes any number of new records of each record; they have its timestamp and headers. The key may change, as with
    /// <see cref="Map"/>. The sequence may be lazy: it is run through once, while its records are handed on.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes keys and values of key and value; must not return <see langword="null"/>.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FLATMAP-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>orders.FlatMap((id, order) => order.Lines.Select(line => (line.Product, line.Quantity)))</code></example>
    public KStream<TNewKey, TNewValue> FlatMap<TNewKey, TNewValue>(
        Func<TKey, TValue, IEnumerable<(TNewKey Key, TNewValue Value)>> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendRekeyed<TNewKey, TNewValue>(
            name,
            FlatMapPrefix,
            (node, task, next) => new FlatMapProcessor<TKey, TValue, TNewKey, TNewValue>(node, task, next, mapper),
            SerdeSource<TNewValue>.Registered);
    }
}

internal sealed class FlatMapProcessor<TKey, TValue, TNewKey, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TNewValue> _next;
    private readonly Func<TKey, TValue, IEnumerable<(TNewKey Key, TNewValue Value)>> _mapper;

    public FlatMapProcessor(
        string name, TaskContext task, Processor<TNewKey, TNewValue> next,
        Func<TKey, TValue, IEnumerable<(TNewKey Key, TNewValue Value)>> mapper)
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

        IEnumerator<(TNewKey Key, TNewValue Value)> items;
        try
        {
            items = ResultSequence.Enumerate(_mapper(record.Key, record.Value));
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
            return;
        }

        using (items)
        {
            while (TryMove(items, out var item))
            {
                _next.Process(new Record<TNewKey, TNewValue>(item.Key, item.Value, record.Timestamp, record.Headers));
            }
        }
    }

    // A lazy sequence runs the user's code here; what happens to the records already handed on is not its business.
    private bool TryMove(
        IEnumerator<(TNewKey Key, TNewValue Value)> items, out (TNewKey Key, TNewValue Value) item)
    {
        try
        {
            if (items.MoveNext())
            {
                item = items.Current;
                return true;
            }
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, ErrorStage.Processing, e);
        }

        item = default;
        return false;
    }
}
