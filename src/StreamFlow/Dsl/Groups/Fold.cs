namespace StreamFlow.Dsl;

/// <summary>How a record enters an aggregate.</summary>
internal abstract class Fold<TKey, TValue, TAggregate>
{
    /// <summary>Whether the fold can tell a missing value from <c>default(TValue)</c>, or does not look at it.</summary>
    public virtual bool TakesMissingValue => default(TValue) is null;

    /// <param name="record">The record; its key is present.</param>
    /// <param name="current">The aggregate so far; not to be looked at when there is none.</param>
    /// <param name="hasCurrent">Whether there is one.</param>
    /// <returns>The new aggregate; <see langword="null"/> deletes it.</returns>
    public abstract TAggregate Apply(in Record<TKey, TValue> record, TAggregate current, bool hasCurrent);
}
