using System.Reactive.Linq;
using StreamFlow.State;

namespace StreamFlow.Reactive;

/// <summary>Stores of a running application as observables.</summary>
public static class StoreExtensions
{
    /// <summary>
    /// The rows of a key-value store that are here: first all there are, then each that has changed since the last look, a deleted one as a
    /// record without a value. Of several changes between two looks the last is seen. Before the application has started, and while
    /// partitions are on their way, nothing comes; it completes when the application has stopped and fails with what ended it, or with a
    /// <see cref="StoreQueryException"/> when there is no such store. Rows of a partition that leaves are not deleted; those of one that
    /// comes are new. Each observer looks for itself, and is never behind: a slow one is shown less.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys, with an equality of its own.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="application">The application.</param>
    /// <param name="store">Name of the store.</param>
    /// <param name="options">How it is observed.</param>
    /// <returns>The rows, with the timestamps of their values.</returns>
    public static IObservable<Record<TKey, TValue>> ObserveStore<TKey, TValue>(
        this StreamsApplication application, string store, StoreObservationOptions? options = null)
        where TKey : notnull =>
        Observe(
            application,
            store,
            options,
            query => application.Stores.KeyValue<TKey, TValue>(store, query).All());

    /// <summary>The windows of a window store that are here; one that has expired is a deletion.</summary>
    /// <inheritdoc cref="ObserveStore{TKey, TValue}(StreamsApplication, string, StoreObservationOptions)"/>
    public static IObservable<Record<Windowed<TKey>, TValue>> ObserveWindowStore<TKey, TValue>(
        this StreamsApplication application, string store, StoreObservationOptions? options = null)
        where TKey : notnull =>
        Observe(
            application,
            store,
            options,
            query => application.Stores.Window<TKey, TValue>(store, query).All());

    /// <summary>The sessions of a session store that are here, with their ends as timestamps; one that was merged or has expired is a deletion.</summary>
    /// <inheritdoc cref="ObserveStore{TKey, TValue}(StreamsApplication, string, StoreObservationOptions)"/>
    public static IObservable<Record<Windowed<TKey>, TValue>> ObserveSessionStore<TKey, TValue>(
        this StreamsApplication application, string store, StoreObservationOptions? options = null)
        where TKey : notnull =>
        Observe(
            application,
            store,
            options,
            query => application.Stores.Session<TKey, TValue>(store, query).All().Select(row =>
                new KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>(row.Key, new(row.Value, row.Key.Window.End))));

    private static IObservable<Record<TKey, TValue>> Observe<TKey, TValue>(
        StreamsApplication application,
        string store,
        StoreObservationOptions? options,
        Func<StoreQueryOptions, IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>>> rows)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(application);
        var given = (options ?? new StoreObservationOptions()).Checked();
        return Observable.Create<Record<TKey, TValue>>(observer =>
            new StoreObservation<TKey, TValue>(application, store, given, rows, observer).Start());
    }
}
