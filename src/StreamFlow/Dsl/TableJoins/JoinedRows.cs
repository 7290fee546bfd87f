using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The rows of a join of two tables that keeps none itself.</summary>
internal sealed class JoinedRows<TKey, TValue, TOther, TResult>(
    TableRows<TKey, TValue> rows, TableRows<TKey, TOther> others, PairJoiner<TKey, TValue, TOther, TResult> joiner)
    : TableRows<TKey, TResult>
{
    public override RowReader<TKey, TResult> Reader(TaskContext task, bool skipsFailing = false) =>
        new JoinedReader<TKey, TValue, TOther, TResult>(
            rows.Reader(task, skipsFailing),
            others.Reader(task, skipsFailing),
            joiner,
            skipsFailing && task.Errors.MayLetThrough);
}

internal sealed class JoinedReader<TKey, TValue, TOther, TResult>(
    RowReader<TKey, TValue> rows, RowReader<TKey, TOther> others, PairJoiner<TKey, TValue, TOther, TResult> joiner,
    bool skipsFailing)
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

    public override bool TryReadBefore(in TKey key, out ValueAndTimestamp<TResult> row)
    {
        var hasThis = rows.TryReadBefore(in key, out var mine);
        var hasOther = others.TryReadBefore(in key, out var other);
        return TryJoin(in key, hasThis ? mine : null, hasOther ? other : null, out row);
    }

    public override long BeingTold(in TKey key) => Math.Max(rows.BeingTold(in key), others.BeingTold(in key));

    private bool TryJoin(
        in TKey key, ValueAndTimestamp<TValue>? mine, ValueAndTimestamp<TOther>? other, out ValueAndTimestamp<TResult> row)
    {
        row = default;
        if (mine is null ? joiner.NeedsThis || other is null : joiner.NeedsOther && other is null)
        {
            return false;
        }

        try
        {
            var result = joiner.Join(key, mine, other);
            row = new ValueAndTimestamp<TResult>(
                result, Math.Max(mine?.Timestamp ?? long.MinValue, other?.Timestamp ?? long.MinValue));
            return !Missing.Is(result);
        }
        catch (Exception e) when (skipsFailing && e is not StreamsException)
        {
            return false;
        }
    }
}
