namespace StreamFlow.Reactive;

/// <summary>Streams and tables as observables.</summary>
public static class TapExtensions
{
    /// <summary>
    /// What goes through a stream, to be observed while applications run with the topology. Describe it before <c>Build</c>, subscribe at
    /// any time. The stream goes on as if nobody observed it.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="options">What to do when an observer is slow, and what is seen.</param>
    /// <param name="name">Name of the operator; default that of the operator before, and <c>-tap</c>.</param>
    /// <returns>The records.</returns>
    /// <example><code>orders.AsObservable().Buffer(TimeSpan.FromSeconds(1)).Subscribe(batch => Show(batch.Count))</code></example>
    public static RecordObservable<TKey, TValue> AsObservable<TKey, TValue>(
        this KStream<TKey, TValue> stream, ObservationOptions? options = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var observable = new RecordObservable<TKey, TValue>((options ?? new ObservationOptions()).Checked());
        stream.Tap(observable.Tap, name);
        return observable;
    }

    /// <summary>
    /// The updates of a table, to be observed while applications run with the topology; a deletion is a record without a value. With the
    /// record cache on, several updates of a row between two commits are one record. A value that an aggregator changes in place is the
    /// aggregator's: copy it first, with <c>MapValues</c>.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="options">What to do when an observer is slow, and what is seen.</param>
    /// <param name="name">Name of the operator; default that of the operator before, and <c>-tap</c>.</param>
    /// <returns>The updates.</returns>
    /// <example><code>counts.AsObservable(new() { SlowObserver = SlowObserver.Latest }).Subscribe(row => Show(row.Key, row.Value))</code></example>
    public static RecordObservable<TKey, TValue> AsObservable<TKey, TValue>(
        this KTable<TKey, TValue> table, ObservationOptions? options = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        var observable = new RecordObservable<TKey, TValue>((options ?? new ObservationOptions()).Checked());
        table.Tap(observable.Tap, name);
        return observable;
    }
}
