using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>What a join by foreign key makes of its rows.</summary>
/// <param name="Join">Makes the result of key, value and the other row, which is missing only if the join is a left one.</param>
/// <param name="IsLeft">Whether rows without another row have a result.</param>
internal sealed record ForeignKeyJoiner<TKey, TValue, TOther, TResult>(
    Func<TKey, TValue, ValueAndTimestamp<TOther>?, TResult> Join, bool IsLeft);

/// <summary>
/// In the left table's task: joins a row with the answer to it. If the row has changed since it asked, another answer comes.
/// </summary>
internal sealed class ResponseJoinProcessor<TKey, TValue, TOther, TResult> : Processor<TKey, SubscriptionResponse<TOther>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly RowReader<TKey, TValue> _rows;
    private readonly ValueHasher<TValue> _hasher;
    private readonly Func<TKey, TValue, ValueAndTimestamp<TOther>?, TResult> _join;
    private readonly bool _isLeft;

    public ResponseJoinProcessor(
        (string Name, TaskContext Task) node, Processor<TKey, TResult> next, RowReader<TKey, TValue> rows,
        ValueHasher<TValue> hasher, ForeignKeyJoiner<TKey, TValue, TOther, TResult> joiner)
        : base(node.Name)
    {
        _task = node.Task;
        _next = next;
        _rows = rows;
        _hasher = hasher;
        _join = joiner.Join;
        _isLeft = joiner.IsLeft;
    }

    public override void Process(in Record<TKey, SubscriptionResponse<TOther>> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            _task.Drop(record.HasKey ? DropReason.NullValue : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        var response = record.Value;
        ValueAndTimestamp<TValue> row;
        bool hasRow;
        try
        {
            hasRow = _rows.TryRead(record.Key, out row);
            if (response.Hash != (hasRow ? _hasher.Hash(row.Value) : null))
            {
                _task.Drop(DropReason.Outdated, this, record.Timestamp);
                return;
            }
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        var result = default(TResult)!;
        var hasResult = hasRow && (response.HasValue || _isLeft) && TryJoin(in record, row.Value, out result);
        _next.Process(Record<TKey, TResult>.Create(
            record.Key, hasKey: true, result, hasResult, record.Timestamp, record.Headers));
    }

    /// <returns>Whether there is a result: not where the joiner fails, which the error handler has dealt with.</returns>
    private bool TryJoin(in Record<TKey, SubscriptionResponse<TOther>> record, TValue row, out TResult result)
    {
        var response = record.Value;
        try
        {
            result = _join(
                record.Key, row, response.HasValue ? new ValueAndTimestamp<TOther>(response.Value, record.Timestamp) : null);
            return !Missing.Is(result);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            result = default!;
            return false;
        }
    }
}
