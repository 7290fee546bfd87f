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
        row = default;
        var hasThis = rows.TryRead(in key, out var mine);
        if (!hasThis && joiner.NeedsThis)
        {
            return false;
        }

        var hasOther = others.TryRead(in key, out var other);
        if (hasThis ? joiner.NeedsOther && !hasOther : !hasOther)
        {
            return false;
        }

        var result = joiner.Join(key, hasThis ? mine : null, hasOther ? other : null);
        var timestamp = hasThis && hasOther ? Math.Max(mine.Timestamp, other.Timestamp)
            : hasThis ? mine.Timestamp : other.Timestamp;
        row = new ValueAndTimestamp<TResult>(result, timestamp);
        return !Missing.Is(result);
    }
}
