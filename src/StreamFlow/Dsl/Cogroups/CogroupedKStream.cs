using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>
/// Groups of several streams that go into one aggregate for each key, each by a function of its own: one store, and one update
/// for each record, where aggregating each group and joining the tables would take a store for each and two.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TResult">Type of the results.</typeparam>
public sealed class CogroupedKStream<TKey, TResult>
{
    private readonly IReadOnlyList<CogroupInput<TKey, TResult>> _inputs;

    internal CogroupedKStream(IReadOnlyList<CogroupInput<TKey, TResult>> inputs) => _inputs = inputs;

    /// <summary>Adds another group; this handle stays what it is.</summary>
    /// <typeparam name="TValue">Type of the group's values.</typeparam>
    /// <param name="group">The group. Its topics must have as many partitions as those of the others.</param>
    /// <param name="aggregator">
    /// Makes the new result of key, value of this group, and the result so far; <see langword="null"/> deletes it.
    /// </param>
    /// <returns>The groups together.</returns>
    /// <exception cref="ArgumentException">The group is of another builder.</exception>
    /// <example><code>
    /// clicks.GroupByKey().Cogroup&lt;Visit&gt;((user, click, visit) => visit with { Clicks = visit.Clicks + 1 })
    ///     .Cogroup(orders.GroupByKey(), (user, order, visit) => visit with { Spent = visit.Spent + order.Amount })
    ///     .Aggregate(() => new Visit(0, 0))
    /// </code></example>
    public CogroupedKStream<TKey, TResult> Cogroup<TValue>(
        KGroupedStream<TKey, TValue> group, Func<TKey, TValue, TResult, TResult?> aggregator)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(aggregator);
        var input = group.AsInput(aggregator);
        return input.Graph == _inputs[0].Graph
            ? new CogroupedKStream<TKey, TResult>([.. _inputs, input])
            : throw new ArgumentException(
                "The group belongs to another StreamsBuilder. Describe all groups of an aggregate on one.", nameof(group));
    }

    /// <summary>
    /// Combines the values of all groups into a result for each key. Records without key or value are dropped.
    /// </summary>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key.</returns>
    public KTable<TKey, TResult> Aggregate(Func<TResult> initializer, Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        materialized ??= new Materialized<TKey, TResult>();
        var description = new CogroupDescription<TKey, TResult>(_inputs, initializer, materialized);
        var store = TableStore.Describe(description.StoreName, description.Keys, description.Values, materialized);
        var output = description.Add(
            new KeyedCogroup<TKey, TResult>(new RowsDescription(store, OnDemand: false) { AreChanged = true }, materialized.CachingEnabled));
        return new KTable<TKey, TResult>(
            description.Graph, output, description.Keys, description.Values,
            new StoredRows<TKey, TResult>(description.StoreName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }

    /// <summary>Cuts the groups into windows of time.</summary>
    /// <param name="windows">The windows.</param>
    /// <returns>The groups by key and window.</returns>
    public TimeWindowedCogroupedKStream<TKey, TResult> WindowedBy(TimeWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new TimeWindowedCogroupedKStream<TKey, TResult>(_inputs, windows);
    }

    /// <summary>Cuts the groups into windows that move with the records.</summary>
    /// <param name="windows">The windows.</param>
    /// <returns>The groups by key and window.</returns>
    public SlidingWindowedCogroupedKStream<TKey, TResult> WindowedBy(SlidingWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new SlidingWindowedCogroupedKStream<TKey, TResult>(_inputs, windows);
    }

    /// <summary>Cuts the groups into sessions of activity in any of them.</summary>
    /// <param name="windows">The sessions.</param>
    /// <returns>The groups by key and session.</returns>
    public SessionWindowedCogroupedKStream<TKey, TResult> WindowedBy(SessionWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new SessionWindowedCogroupedKStream<TKey, TResult>(_inputs, windows);
    }
}

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>Begins an aggregate that other groups go into too.</summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="aggregator">
    /// Makes the new result of key, value of this group, and the result so far; <see langword="null"/> deletes it.
    /// </param>
    /// <returns>This group, to be joined by others.</returns>
    /// <example><code>clicks.GroupByKey().Cogroup&lt;long&gt;((user, click, seen) => seen + 1)</code></example>
    public CogroupedKStream<TKey, TResult> Cogroup<TResult>(Func<TKey, TValue, TResult, TResult?> aggregator)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        return new CogroupedKStream<TKey, TResult>([AsInput(aggregator)]);
    }

    internal CogroupInput<TKey, TResult> AsInput<TResult>(Func<TKey, TValue, TResult, TResult?> aggregator) =>
        new CogroupInput<TKey, TValue, TResult>(_source, aggregator!);
}
