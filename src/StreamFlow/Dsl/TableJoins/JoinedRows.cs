using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The rows of a join of two tables that keeps none itself.</summary>
internal sealed class JoinedRows<TKey, TValue, TOther, TResult>(
    TableRows<TKey, TValue> rows, TableRows<TKey, TOther> others, PairJoiner<TKey, TValue, TOther, TResult> joiner)
    : TableRows<TKey, TResult>
{
    public override RowReader<TKey, TResult> Reader(TaskContext task) =>
        new JoinedReader<TKey, TValue, TOther, TResult>(rows.Reader(task), others.Reader(task), joiner);
}

internal sealed class JoinedReader<TKey, TValue, TOther, TResult>(
    RowReader<TKey, TValue> rows, RowReader<TKey, TOther> others, PairJoiner<TKey, TValue, TOther, TResult> joiner)
    : RowReader<TKey, TResult>
{
    public override bool TryRead(in TKey key, out ValueAndTimestamp<TResult> row)
    {
        var hasThis = rows.TryRead(in key, out var mine);
        var hasOther = others.TryRead(in key, out var other);
        return TryJoin(in key, hasThis ? mine : null, hasOther ? other : null, out row);
    }

    public override bool TryReadTold(in TKey key, out ValueAndTimestamp<TResult> row)
    {
        var hasThis = rows.TryReadTold(in key, out var mine);
        var hasOther = others.TryReadTold(in key, out var other);
        return TryJoin(in key, hasThis ? mine : null, hasOther ? other : null, out row);
    }

    private bool TryJoin(
        in TKey key, ValueAndTimestamp<TValue>? mine, ValueAndTimestamp<TOther>? other, out ValueAndTimestamp<TResult> row)
    {
        row = default;
        if (mine is null ? joiner.NeedsThis || other is null : joiner.NeedsOther && other is null)
        {
            return false;
        }

        var result = joiner.Join(key, mine, other);
        row = new ValueAndTimestamp<TResult>(result, Math.Max(mine?.Timestamp ?? long.MinValue, other?.Timestamp ?? long.MinValue));
        return !Missing.Is(result);
    }
}
