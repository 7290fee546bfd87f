using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>
/// Groups of several streams that go into one aggregate for each key and sliding window. They have one clock: a record of one
/// that comes when its windows are closed by the time of another is dropped and counted as late.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TResult">Type of the results.</typeparam>
public sealed class SlidingWindowedCogroupedKStream<TKey, TResult>
{
    private readonly IReadOnlyList<CogroupInput<TKey, TResult>> _inputs;
    private readonly SlidingWindows _windows;

    internal SlidingWindowedCogroupedKStream(IReadOnlyList<CogroupInput<TKey, TResult>> inputs, SlidingWindows windows)
    {
        _inputs = inputs;
        _windows = windows;
    }

    /// <summary>
    /// Combines the values of all groups into a result for each key and window. Records without key or value are dropped.
    /// </summary>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and window.</returns>
    public KTable<Windowed<TKey>, TResult> Aggregate(
        Func<TResult> initializer, Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        return WindowedCogroup<TKey, TResult>.Describe(
            new CogroupDescription<TKey, TResult>(_inputs, initializer, materialized ?? new Materialized<TKey, TResult>()),
            new SlidingWindowKind(_windows));
    }
}
