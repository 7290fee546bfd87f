using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>In the other table's task: answers a row with what the other table has of its foreign key.</summary>
internal sealed class SubscriptionJoinProcessor<TKey, TOtherKey, TOther> : Processor<TOtherKey, Subscription<TKey>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, SubscriptionResponse<TOther>> _next;
    private readonly RowReader<TOtherKey, TOther> _rows;

    public SubscriptionJoinProcessor(
        string name, TaskContext task, Processor<TKey, SubscriptionResponse<TOther>> next, RowReader<TOtherKey, TOther> rows)
        : base(name)
    {
        _task = task;
        _next = next;
        _rows = rows;
    }

    public override void Process(in Record<TOtherKey, Subscription<TKey>> record)
    {
        var subscription = record.Value;
        if (subscription.Instruction == SubscriptionInstruction.Unsubscribe)
        {
            return;
        }

        var row = default(ValueAndTimestamp<TOther>);
        bool hasRow;
        try
        {
            hasRow = record.HasKey && _rows.TryReadTold(record.Key, out row);
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            // The functions a derived table is made with run here too; a store that cannot be read is no record's fault.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (!hasRow && subscription.Instruction == SubscriptionInstruction.AnswerIfThere)
        {
            return;
        }

        var tellsRow = hasRow && subscription.Instruction != SubscriptionInstruction.UnsubscribeAndAnswer;
        var response = new SubscriptionResponse<TOther>(
            subscription.Hash, tellsRow ? row.Value : default!, tellsRow, subscription.Partition);
        var timestamp = hasRow ? Math.Max(record.Timestamp, row.Timestamp) : record.Timestamp;
        _next.Process(new Record<TKey, SubscriptionResponse<TOther>>(
            subscription.PrimaryKey, response, timestamp, record.Headers));
    }
}
