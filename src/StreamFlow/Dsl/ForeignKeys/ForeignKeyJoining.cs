using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private KTable<TKey, TResult> JoinByForeignKey<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey,
        ForeignKeyJoiner<TKey, TValue, TOther, TResult> joiner, TableJoined<TKey, TOtherKey, TResult>? joined)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(foreignKey);
        if (!ReferenceEquals(_graph, other.Graph))
        {
            throw new TopologyException("Tables of two builders cannot be joined: make both on one StreamsBuilder.");
        }

        joined ??= new TableJoined<TKey, TOtherKey, TResult>();
        if (joined.Materialized?.ProcessorName is { } name)
        {
            throw new TopologyException(
                $"The operators of a join by foreign key have one name for all, TableJoined.Name, so '{name}' cannot be that of one of "
                + "them. Leave Materialized.ProcessorName out.");
        }

        return new ForeignKeyJoin<TKey, TValue, TOtherKey, TOther>(this, other, joined.Name)
            .Describe(foreignKey!, joiner, joined);
    }
}
