using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>In the other table's task: tells all rows that have the key of one that has changed.</summary>
internal sealed class ForeignTableProcessor<TKey, TOtherKey, TOther> : Processor<TOtherKey, Change<TOther>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, SubscriptionResponse<TOther>> _next;
    private readonly KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>> _subscriptions;
    private readonly SubscriptionKeySerde<TOtherKey, TKey> _keys;
    private readonly PooledBuffer _prefix = new();

    /// <param name="node">The node in its task.</param>
    /// <param name="next">Where its records go.</param>
    /// <param name="store">Name of the store of subscriptions.</param>
    /// <param name="keys">Serde of its keys, as the store uses it.</param>
    public ForeignTableProcessor(
        (string Name, TaskContext Task) node, Processor<TKey, SubscriptionResponse<TOther>> next, string store,
        SubscriptionKeySerde<TOtherKey, TKey> keys)
        : base(node.Name)
    {
        _task = node.Task;
        _next = next;
        _subscriptions = (KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>>)node.Task.Store(store);
        _keys = keys;
    }

    public override void Process(in Record<TOtherKey, Change<TOther>> record)
    {
        var change = record.Value;
        if (!record.HasKey || !change.IsLatest)
        {
            _task.Drop(record.HasKey ? DropReason.Superseded : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        try
        {
            _prefix.Clear();
            _keys.WritePrefix(record.Key, _prefix);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        using var subscriptions = _subscriptions.ScanPrefix(_prefix.Written);
        while (subscriptions.MoveNext())
        {
            var subscription = subscriptions.Value;
            var response = new SubscriptionResponse<TOther>(
                subscription.Hash, change.New, change.HasNew, subscription.Partition);
            _next.Process(new Record<TKey, SubscriptionResponse<TOther>>(
                subscription.PrimaryKey, response, record.Timestamp, record.Headers));
        }
    }
}
