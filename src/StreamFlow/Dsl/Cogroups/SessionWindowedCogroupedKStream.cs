using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>
/// Groups of several streams that go into one aggregate for each key and session. They have one clock: a record of one that
/// comes when its session is closed by the time of another is dropped and counted as late.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TResult">Type of the results.</typeparam>
public sealed class SessionWindowedCogroupedKStream<TKey, TResult>
{
    private readonly IReadOnlyList<CogroupInput<TKey, TResult>> _inputs;
    private readonly SessionWindows _windows;

    internal SessionWindowedCogroupedKStream(IReadOnlyList<CogroupInput<TKey, TResult>> inputs, SessionWindows windows)
    {
        _inputs = inputs;
        _windows = windows;
    }

    /// <summary>
    /// Combines the values of all groups into a result for each key and session. Records without a key are dropped; a missing
    /// value reaches the aggregator as <see langword="null"/>, or is dropped where the type has none.
    /// </summary>
    /// <param name="initializer">
    /// Makes the result that each record begins with, before the sessions it joins; must make a new one each time.
    /// </param>
    /// <param name="merger">Makes one of two results of a key, the earlier one first.</param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and session.</returns>
    public KTable<Windowed<TKey>, TResult> Aggregate(
        Func<TResult> initializer, Func<TKey, TResult, TResult, TResult?> merger,
        Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(merger);
        materialized ??= new Materialized<TKey, TResult>();
        var description = new CogroupDescription<TKey, TResult>(_inputs, initializer, materialized);
        var store = TableStore.DescribeSessions(
            description.StoreName, description.Keys, description.Values, materialized, _windows);
        var output = description.Add(new SessionCogroup<TKey, TResult>(
            new RowsDescription(store, OnDemand: false) { AreChanged = true },
            SessionTable.ClosingOf<TKey>(_windows),
            _windows,
            materialized.CachingEnabled)
        {
            Merger = (key, result, hasResult, session) => merger(key, hasResult ? result : initializer(), session)!,
        });
        return SessionTable.Of(
            description.Graph, output, description.Keys, description.Values, description.StoreName, materialized.Name);
    }
}
