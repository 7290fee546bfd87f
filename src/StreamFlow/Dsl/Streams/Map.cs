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
    /// cheaper. A record without key or value that the mapper's types cannot express is an error, and the processing error
    /// handler decides; a mapper of the record as a whole sees all records.
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

    /// <summary>
    /// Makes a new record of each record as a whole, tombstones included, with a timestamp and headers of its own. Best
    /// written by what <see cref="Record{TKey, TValue}"/> offers: <c>WithKey</c>, <c>WithValue</c>, <c>WithoutValue</c>.
    /// </summary>
    /// <typeparam name="TNewKey">Type of the new keys.</typeparam>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="mapper">Makes the new record; its timestamp must not be negative.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-MAP-0000000001</c>.</param>
    /// <returns>The new records.</returns>
    /// <example><code>countsPerHour.ToStream().Map(record => record.WithKey(record.Key.Key))</code></example>
    public KStream<TNewKey, TNewValue> Map<TNewKey, TNewValue>(
        Func<Record<TKey, TValue>, Record<TNewKey, TNewValue>> mapper, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(mapper);
        return AppendRekeyed<TNewKey, TNewValue>(
            name,
            MapPrefix,
            (node, task, next) => new MapProcessor<TKey, TValue, TNewKey, TNewValue>(node, task, next, mapper),
            SerdeSource<TNewValue>.Registered);
    }
}

/// <summary>Takes either form of a mapper; there is no object between for the sake of one.</summary>
internal sealed class MapProcessor<TKey, TValue, TNewKey, TNewValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TNewKey, TNewValue> _next;
    private readonly Func<TKey, TValue, (TNewKey Key, TNewValue Value)>? _ofParts;
    private readonly Func<Record<TKey, TValue>, Record<TNewKey, TNewValue>>? _ofRecord;

    public MapProcessor(
        string name, TaskContext task, Processor<TNewKey, TNewValue> next,
        Func<TKey, TValue, (TNewKey Key, TNewValue Value)> ofParts)
        : this(name, task, next) => _ofParts = ofParts;

    public MapProcessor(
        string name, TaskContext task, Processor<TNewKey, TNewValue> next,
        Func<Record<TKey, TValue>, Record<TNewKey, TNewValue>> ofRecord)
        : this(name, task, next) => _ofRecord = ofRecord;

    private MapProcessor(string name, TaskContext task, Processor<TNewKey, TNewValue> next)
        : base(name) => (_task, _next) = (task, next);

    public override void Process(in Record<TKey, TValue> record)
    {
        Record<TNewKey, TNewValue> mapped;
        try
        {
            mapped = _ofRecord is not null ? _ofRecord(record) : MapParts(in record);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (mapped.Timestamp < 0)
        {
            ResultRecord.RefuseTime(mapped.Timestamp, in record, _task, this);
            return;
        }

        _next.Process(in mapped);
    }

    private Record<TNewKey, TNewValue> MapParts(in Record<TKey, TValue> record)
    {
        MissingParts.RequireKey(in record);
        MissingParts.RequireValue(in record);
        var (key, value) = _ofParts!(record.Key, record.Value);
        return new Record<TNewKey, TNewValue>(key, value, record.Timestamp, record.Headers);
    }
}
