using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Which records of two streams have a result without one of the other.</summary>
internal enum StreamJoinKind
{
    Inner,
    Left,
    Outer,
}

/// <summary>What a join of two streams makes of two records, or of one that has met none.</summary>
/// <param name="Join">Makes the result of key, left and right record.</param>
/// <param name="Kind">Which records have a result alone.</param>
/// <param name="ShowsKey">Whether the user's function takes the key, which records without a result of two may not have.</param>
internal sealed record StreamJoiner<TKey, TLeft, TRight, TResult>(
    Func<TKey, ValueAndTimestamp<TLeft>?, ValueAndTimestamp<TRight>?, TResult> Join, StreamJoinKind Kind, bool ShowsKey);

/// <summary>A joiner as one side of the join sees it: its own record, and one of the other stream or none.</summary>
/// <param name="Join">Makes the result.</param>
/// <param name="HasResultAlone">Whether records of this side have a result without one of the other.</param>
/// <param name="ShowsKey">Whether the user's function takes the key.</param>
internal sealed record SideJoiner<TKey, TThis, TOther, TResult>(
    Func<TKey, ValueAndTimestamp<TThis>, ValueAndTimestamp<TOther>?, TResult> Join, bool HasResultAlone, bool ShowsKey)
{
    /// <summary>Makes the result; one that fails is the business of the processing error handler.</summary>
    /// <param name="task">The task.</param>
    /// <param name="node">Who asks.</param>
    /// <param name="record">The record of this side.</param>
    /// <param name="other">The other record.</param>
    /// <param name="result">The result, with the key, time and headers of the record.</param>
    /// <returns>False if it failed, and the handler lets the record through.</returns>
    public bool TryJoin(
        TaskContext task, Node node, in Record<TKey, TThis> record, ValueAndTimestamp<TOther>? other,
        out Record<TKey, TResult> result)
    {
        try
        {
            if (ShowsKey)
            {
                MissingParts.RequireKey(in record);
            }

            result = record.WithValue(Join(record.Key, new ValueAndTimestamp<TThis>(record.Value, record.Timestamp), other));
            return true;
        }
        catch (Exception e)
        {
            task.Errors.Handle(task, node, in record, ErrorStage.Processing, e);
            result = default;
            return false;
        }
    }
}
