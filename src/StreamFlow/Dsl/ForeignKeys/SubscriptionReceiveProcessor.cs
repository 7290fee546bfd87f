using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>In the other table's task: remembers which rows have a foreign key, and hands on what they ask.</summary>
internal sealed class SubscriptionReceiveProcessor<TKey, TOtherKey> : Processor<TOtherKey, Subscription<TKey>>
{
    private readonly TaskContext _task;
    private readonly Processor<TOtherKey, Subscription<TKey>> _next;
    private readonly KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>> _subscriptions;

    public SubscriptionReceiveProcessor(
        string name, TaskContext task, Processor<TOtherKey, Subscription<TKey>> next, string store)
        : base(name)
    {
        _task = task;
        _next = next;
        _subscriptions = (KeyValueStore<SubscriptionKey<TOtherKey, TKey>, Subscription<TKey>>)task.Store(store);
    }

    public override void Process(in Record<TOtherKey, Subscription<TKey>> record)
    {
        var subscription = record.Value;
        if (!record.HasValue || (!record.HasKey && subscription.Instruction != SubscriptionInstruction.Answer))
        {
            _task.Drop(record.HasValue ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
            return;
        }

        if (record.HasKey)
        {
            var stays = subscription.Instruction is SubscriptionInstruction.Answer or SubscriptionInstruction.AnswerIfThere;
            _subscriptions.Put(
                new SubscriptionKey<TOtherKey, TKey>(record.Key, subscription.PrimaryKey),
                stays ? subscription : default,
                stays,
                record.Timestamp,
                record.Headers);
        }

        _next.Process(in record);
    }
}
