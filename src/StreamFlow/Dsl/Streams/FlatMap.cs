using StreamFlow.Dsl;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string FlatMapPrefix = "KSTREAM-FLATMAP-";

    /// <summary>
    /// Makes any number of new records of each record; they have its timestamp and headers. The key may change, as with
    /// <c>Map</c>. The sequence may be lazy: it is run through once, while its records are handed on. A record without key
    /// or value that the mapper's types cannot express is an error, and the processing error handler decides.
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

    /// <summary>
    /// Makes any number of new records of each record as a whole, tombstones included, with timestamps and headers of their
    /// own; else as the other form.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new records, whose timestamps must not be negative; must not return null.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-FLATMAP-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>stock.FlatMap(record => new[] { record, record.WithKey("all") })</code></example>
    public KStream<TNewKey, TNewValue> FlatMap<TNewKey, TNewValue>(
        Func<Record<TKey, TValue>, IEnumerable<Record<TNewKey, TNewValue>>> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendRekeyed<TNewKey, TNewValue>(
            name,
            FlatMapPrefix,
            (node, task, next) => new FlatMapRecordProcessor<TKey, TValue, TNewKey, TNewValue>(node, task, next, mapper),
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
        IEnumerator<(TNewKey Key, TNewValue Value)> items;
        try
        {
            MissingParts.RequireKey(in record);
            MissingParts.RequireValue(in record);
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
                _next.Process(new Record<TNewKey, TNewValue>(item.Key, item.Value, record.Timestamp, record.Headers));
            }
        }
    }
}

internal sealed class FlatMapRecordProcessor<TKey, TValue, TNewKey, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TNewValue> _next;
    private readonly Func<Record<TKey, TValue>, IEnumerable<Record<TNewKey, TNewValue>>> _mapper;

    public FlatMapRecordProcessor(
        string name, TaskContext task, Processor<TNewKey, TNewValue> next,
        Func<Record<TKey, TValue>, IEnumerable<Record<TNewKey, TNewValue>>> mapper)
        : base(name)
    {
        _task = task;
        _next = next;
        _mapper = mapper;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        IEnumerator<Record<TNewKey, TNewValue>> items;
        try
        {
            items = ResultSequence.Enumerate(_mapper(record));
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
                if (item.Timestamp < 0)
                {
                    ResultRecord.RefuseTime(item.Timestamp, in record, _task, this);
                    continue;
                }

                _next.Process(in item);
            }
        }
    }
}
