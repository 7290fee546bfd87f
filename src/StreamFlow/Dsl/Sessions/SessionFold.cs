using StreamFlow.Processing;

namespace StreamFlow.Dsl;

/// <summary>Makes one aggregate of two.</summary>
/// <param name="key">Their key.</param>
/// <param name="aggregate">What the sessions before have come to; not to be looked at when there is none.</param>
/// <param name="hasAggregate">Whether there is one.</param>
/// <param name="session">The aggregate of the next session.</param>
internal delegate TAggregate SessionMerger<TKey, TAggregate>(
    TKey key, TAggregate aggregate, bool hasAggregate, TAggregate session);

/// <summary>How a record, and the sessions it joins, become one aggregate.</summary>
/// <param name="Records">How a record enters an aggregate.</param>
/// <param name="Merge">How the aggregates of sessions become one.</param>
internal sealed record SessionFold<TKey, TValue, TAggregate>(
    Fold<TKey, TValue, TAggregate> Records, SessionMerger<TKey, TAggregate> Merge)
{
    /// <param name="record">The record; its key is present.</param>
    /// <param name="sessions">The aggregates of the sessions that it joins, by end, then start.</param>
    /// <returns>The new aggregate; <see langword="null"/> deletes it.</returns>
    public TAggregate Apply(in Record<TKey, TValue> record, List<TAggregate> sessions)
    {
        var (aggregate, hasAggregate) = (default(TAggregate)!, false);
        foreach (var session in sessions)
        {
            aggregate = Merge(record.Key, aggregate, hasAggregate, session);
            hasAggregate = !Missing.Is(aggregate);
        }

        return Records.Apply(in record, aggregate, hasAggregate);
    }
}
