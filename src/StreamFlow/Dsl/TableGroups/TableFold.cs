using StreamFlow.Records;

namespace StreamFlow.Dsl;

/// <summary>How an update of a row enters the aggregate of its group.</summary>
internal abstract class TableFold<TKey, TValue, TAggregate>
{
    /// <summary>Makes the aggregate without a value that is in it; <see langword="null"/> deletes it.</summary>
    protected abstract TAggregate Subtract(TKey key, TValue value, TAggregate aggregate);

    /// <summary>Makes the aggregate with a value more, or the first one; <see langword="null"/> deletes it.</summary>
    protected abstract TAggregate Add(TKey key, TValue value, TAggregate aggregate, bool hasAggregate);

    /// <summary>
    /// Takes the value before out of the aggregate, if there is one, and then the value now into it.
    /// </summary>
    /// <returns>The new aggregate; nothing where <paramref name="hasAggregate"/> is false afterwards.</returns>
    public TAggregate Apply(TKey key, in Change<TValue> change, TAggregate aggregate, ref bool hasAggregate)
    {
        if (change.HasOld && hasAggregate)
        {
            aggregate = Subtract(key, change.Old, aggregate);
            hasAggregate = !Missing.Is(aggregate);
        }

        if (change.HasNew)
        {
            aggregate = Add(key, change.New, aggregate, hasAggregate);
            hasAggregate = !Missing.Is(aggregate);
        }

        return hasAggregate ? aggregate : default!;
    }
}
