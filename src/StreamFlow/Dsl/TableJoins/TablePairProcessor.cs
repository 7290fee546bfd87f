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
    private readonly Func<TKey, ValueAndTimestamp<TThis>?, ValueAndTimestamp<TOther>?, TResult> _join;
    private readonly bool _needsThis;
    private readonly bool _needsOther;
    private readonly bool _tellsOldValues;

    public TablePairProcessor(
        NodeSetup setup, Processor<TKey, Change<TResult>> next, RowReader<TKey, TOther> others,
        PairJoiner<TKey, TThis, TOther, TResult> joiner)
        : base(setup.Name)
    {
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
            _task.Drop(record.HasKey ? DropReason.Superseded : DropReason.NullKey, this);
            return;
        }

        Change<TResult> joined;
        var timestamp = record.Timestamp;
        try
        {
            ValueAndTimestamp<TOther>? other = _others.TryReadTold(record.Key, out var row) ? row : null;
            if (other is null && (_needsOther || !(record.Value.HasNew || record.Value.HasOld)))
            {
                return;
            }

            joined = Join(in record, other);
            timestamp = other is null ? timestamp : Math.Max(timestamp, row.Timestamp);
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            // The functions a derived table is made with run here too; a store that cannot be read is no record's fault.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithValue(joined).WithTimestamp(timestamp));
    }

    private Change<TResult> Join(in Record<TKey, Change<TThis>> record, ValueAndTimestamp<TOther>? other)
    {
        var change = record.Value;
        var (now, before) = (default(TResult)!, default(TResult)!);
        var hasNow = change.HasNew || (!_needsThis && other is not null);
        if (hasNow)
        {
            now = _join(record.Key, Row(change.New, change.HasNew, record.Timestamp), other);
            hasNow = !Missing.Is(now);
        }

        var hasBefore = _tellsOldValues && (change.HasOld || (!_needsThis && other is not null));
        if (hasBefore)
        {
            before = _join(record.Key, Row(change.Old, change.HasOld, change.OldTimestamp), other);
            hasBefore = !Missing.Is(before);
        }

        return new Change<TResult>(now, hasNow, before, hasBefore)
        {
            OldTimestamp = Math.Max(change.OldTimestamp, other?.Timestamp ?? change.OldTimestamp),
        };
    }

    private static ValueAndTimestamp<TThis>? Row(TThis value, bool hasValue, long timestamp) =>
        hasValue ? new ValueAndTimestamp<TThis>(value, timestamp) : null;
}
