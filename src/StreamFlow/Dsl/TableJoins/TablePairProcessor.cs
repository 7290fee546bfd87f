using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>What a join of two tables makes of a row of each, of which one side sees itself as this.</summary>
/// <param name="Join">Makes the result of key and rows; called with at least one.</param>
/// <param name="NeedsThis">Whether there is no result without a row of this side.</param>
/// <param name="NeedsOther">Whether there is no result without a row of the other side.</param>
internal sealed record PairJoiner<TKey, TThis, TOther, TResult>(
    Func<TKey, ValueAndTimestamp<TThis>?, ValueAndTimestamp<TOther>?, TResult> Join, bool NeedsThis, bool NeedsOther)
{
    /// <summary>The same, as the other side sees it.</summary>
    public PairJoiner<TKey, TOther, TThis, TResult> Reversed()
    {
        var join = Join;
        return new((key, other, row) => join(key, row, other), NeedsOther, NeedsThis);
    }
}

/// <summary>
/// Joins a row that has changed with the one of the other table, as it was told last. So each change is joined as if it were the only
/// one: with the record cache on, both rows may have changed since the last commit, and the result before is the one that those behind
/// have only if the other side's change is left to its own turn.
/// </summary>
internal sealed class TablePairProcessor<TKey, TThis, TOther, TResult> : Processor<TKey, Change<TThis>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TResult>> _next;
    private readonly RowReader<TKey, TOther> _others;
    private readonly OneChange<TKey, TThis, TOther>? _both;
    private readonly Func<TKey, ValueAndTimestamp<TThis>?, ValueAndTimestamp<TOther>?, TResult> _join;
    private readonly bool _needsThis;
    private readonly bool _needsOther;
    private readonly bool _tellsOldValues;

    public TablePairProcessor(
        NodeSetup setup, Processor<TKey, Change<TResult>> next, RowReader<TKey, TOther> others,
        PairJoiner<TKey, TThis, TOther, TResult> joiner, OneChange<TKey, TThis, TOther>? both)
        : base(setup.Name)
    {
        _both = both;
        _task = setup.Task;
        _next = next;
        _others = others;
        _join = joiner.Join;
        _needsThis = joiner.NeedsThis;
        _needsOther = joiner.NeedsOther;
        _tellsOldValues = setup.Facts.TellsOldValues;
    }

    public override void Process(in Record<TKey, Change<TThis>> record)
    {
        if (!record.HasKey || !record.Value.IsLatest)
        {
            _task.Drop(record.HasKey ? DropReason.Superseded : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        ValueAndTimestamp<TOther>? other, before;
        var isDone = false;
        try
        {
            before = other = _others.TryReadTold(record.Key, out var row) ? row : null;
            isDone = _both is not null && _both.IsDone(record.Key, other, out before);
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            // The functions a derived table is made with run here too; a store that cannot be read is no record's fault.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (other is null && before is null && (_needsOther || !(record.Value.HasNew || record.Value.HasOld)))
        {
            return;
        }

        var joined = Join(in record, other, before, isDone);
        var timestamp = Math.Max(record.Timestamp, other?.Timestamp ?? record.Timestamp);
        _next.Process(record.WithValue(joined).WithTimestamp(timestamp));
    }

    /// <param name="record">The row.</param>
    /// <param name="other">The other row now.</param>
    /// <param name="otherBefore">The other row that the result before was made with.</param>
    /// <param name="isDone">Whether the result is told already: then the one before is the same.</param>
    private Change<TResult> Join(
        in Record<TKey, Change<TThis>> record, ValueAndTimestamp<TOther>? other, ValueAndTimestamp<TOther>? otherBefore, bool isDone)
    {
        var change = record.Value;
        var (now, before) = (default(TResult)!, default(TResult)!);
        var hasNow = HasResult(change.HasNew, other is not null);
        if (hasNow)
        {
            var row = Row(change.New, change.HasNew, record.Timestamp);
            hasNow = TryJoin(in record, row, other, isOld: false, out now);
        }

        if (isDone)
        {
            return new Change<TResult>(now, hasNow, now, hasNow && _tellsOldValues)
            {
                OldTimestamp = Math.Max(record.Timestamp, other?.Timestamp ?? record.Timestamp),
            };
        }

        var hasBefore = _tellsOldValues && HasResult(change.HasOld, otherBefore is not null);
        if (hasBefore)
        {
            var row = Row(change.Old, change.HasOld, change.OldTimestamp);
            hasBefore = TryJoin(in record, row, otherBefore, isOld: true, out before);
        }

        return new Change<TResult>(now, hasNow, before, hasBefore)
        {
            OldTimestamp = Math.Max(change.OldTimestamp, otherBefore?.Timestamp ?? change.OldTimestamp),
        };
    }

    private bool HasResult(bool hasThis, bool hasOther) =>
        (hasThis || !_needsThis) && (hasOther || !_needsOther) && (hasThis || hasOther);

    private bool TryJoin(
        in Record<TKey, Change<TThis>> record, ValueAndTimestamp<TThis>? row, ValueAndTimestamp<TOther>? other, bool isOld,
        out TResult result)
    {
        try
        {
            result = _join(record.Key, row, other);
            return !Missing.Is(result);
        }
        catch (Exception e)
        {
            _task.Errors.HandleValue(_task, this, in record, isOld, e);
            result = default!;
            return false;
        }
    }

    private static ValueAndTimestamp<TThis>? Row(TThis value, bool hasValue, long timestamp) =>
        hasValue ? new ValueAndTimestamp<TThis>(value, timestamp) : null;
}
