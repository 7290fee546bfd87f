using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dashboard;

/// <summary>Reads rows of a store of these types.</summary>
/// <param name="stores">The application's stores.</param>
/// <param name="store">The store.</param>
internal sealed class RowSource<TKey, TValue>(StoreQueries stores, TopologyStore store) : IRowSource
{
    public IEnumerable<RowModel> Read(RowsQuery query, StoreQueryOptions options) => store.Kind switch
    {
        StoreKind.KeyValue => KeyValue(stores.KeyValue<TKey, TValue>(store.Name, options), query),
        StoreKind.Window => Windows(stores.Window<TKey, TValue>(store.Name, options), query),
        StoreKind.Session => Sessions(stores.Session<TKey, TValue>(store.Name, options), query),
        StoreKind.Versioned => Versions(stores.Versioned<TKey, TValue>(store.Name, options), query),
        StoreKind.List => Lists(stores.List<TKey, TValue>(store.Name, options), query),
        _ => throw ApiException.BadRequest($"Store '{store.Name}' is of a kind of its own, which the page cannot read."),
    };

    private static IEnumerable<RowModel> KeyValue(IReadOnlyKeyValueStore<TKey, TValue> store, RowsQuery query)
    {
        switch (query.Query)
        {
            case "key":
                var key = Key(query);
                return query.Skipped == 0 && store.TryGetWithTimestamp(key, out var found) ? [Row(key, found)] : [];
            case "range":
                return Shown(Range(store, query), query).Select(row => Row(row.Key, row.Value));
            case "prefix":
                return Shown(Prefix(store, query), query).Select(row => Row(row.Key, row.Value));
            case "all":
                return Shown(store.All(query.Reverse), query).Select(row => Row(row.Key, row.Value));
            default:
                throw NotForIt(store.Name, query);
        }
    }

    private static IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(IReadOnlyKeyValueStore<TKey, TValue> store, RowsQuery query) =>
        (query.From, query.To) switch
        {
            (null, null) => store.All(query.Reverse),
            ({ } from, null) => store.RangeFrom(Parse("from", from), query.Reverse),
            (null, { } to) => store.RangeTo(Parse("to", to), query.Reverse),
            ({ } from, { } to) => store.Range(Parse("from", from), Parse("to", to), query.Reverse),
        };

    private static IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix(IReadOnlyKeyValueStore<TKey, TValue> store, RowsQuery query)
    {
        var prefix = RowsQuery.Needed("prefix", query.Prefix);
        return typeof(TKey) == typeof(string) ? store.Prefix(prefix, Serdes.String, query.Reverse)
            : typeof(TKey) == typeof(byte[]) ? store.Prefix(KeyParser.Parse<byte[]>("prefix", prefix), Serdes.Bytes, query.Reverse)
            : throw ApiException.BadRequest($"Keys of type {TypeNames.Of(typeof(TKey))} have no prefixes that can be typed in; ask for a range.");
    }

    private static IEnumerable<RowModel> Windows(IReadOnlyWindowStore<TKey, TValue> store, RowsQuery query)
    {
        var (from, to) = (query.TimeFrom ?? 0, query.TimeTo ?? long.MaxValue);
        return query.Query is "window" or "all"
            ? Shown(
                query.Key is { } key
                    ? store.Fetch(KeyRange.Between(Parse("key", key), Parse("key", key)), from, to, query.Reverse)
                    : store.FetchAll(from, to, query.Reverse),
                query).Select(Row)
            : throw NotForIt(store.Name, query);
    }

    private static IEnumerable<RowModel> Sessions(IReadOnlySessionStore<TKey, TValue> store, RowsQuery query)
    {
        var keys = query.Key is { } key ? KeyRange.Between(Parse("key", key), Parse("key", key)) : KeyRange.All<TKey>();
        return query.Query is "session" or "all"
            ? Shown(store.FindSessions(keys, query.TimeFrom ?? 0, query.TimeTo ?? long.MaxValue, query.Reverse), query).Select(
                row => Row(row.Key, row.Value, null))
            : throw NotForIt(store.Name, query);
    }

    private static IEnumerable<RowModel> Versions(IReadOnlyVersionedKeyValueStore<TKey, TValue> store, RowsQuery query)
    {
        var key = Key(query);
        return query.Query switch
        {
            "key" or "asOf" when query.Skipped > 0 => [],
            "key" => store.TryGet(key, out var latest) ? [Row(key, latest)] : [],
            "asOf" => store.TryGet(key, query.At ?? throw ApiException.BadRequest("at is missing: as of when?"), out var then) ? [Row(key, then)] : [],
            _ => throw NotForIt(store.Name, query),
        };
    }

    private static IEnumerable<RowModel> Lists(IReadOnlyListStore<TKey, TValue> store, RowsQuery query)
    {
        switch (query.Query)
        {
            case "key":
                var key = Key(query);
                return query.Skipped == 0 && store.Get(key) is { Count: > 0 } list ? [Row(key, list)] : [];
            case "range" or "all":
                var range = (query.From, query.To) switch
                {
                    (null, null) => KeyRange.All<TKey>(),
                    ({ } from, null) => KeyRange.From(Parse("from", from)),
                    (null, { } to) => KeyRange.To(Parse("to", to)),
                    ({ } from, { } to) => KeyRange.Between(Parse("from", from), Parse("to", to)),
                };
                return Shown(store.Range(range, query.Reverse), query).Select(row => Row(row.Key, row.Value));
            default:
                throw NotForIt(store.Name, query);
        }
    }

    /// <summary>The rows behind those of the pages before, as long as somebody waits for them.</summary>
    private static IEnumerable<T> Shown<T>(IEnumerable<T> rows, RowsQuery query)
    {
        var left = query.Skipped;
        foreach (var row in rows)
        {
            query.Aborted.ThrowIfCancellationRequested();
            if (left > 0)
            {
                left--;
                continue;
            }

            yield return row;
        }
    }

    private static TKey Key(RowsQuery query) => Parse("key", RowsQuery.Needed("key", query.Key));

    private static TKey Parse(string parameter, string text) => KeyParser.Parse<TKey>(parameter, text);

    private static RowModel Row(TKey key, ValueAndTimestamp<TValue> value) =>
        new(Texts.OfValue(key), null, null, Texts.OfValue(value.Value), Moment(value.Timestamp));

    private static RowModel Row(TKey key, IReadOnlyList<TValue> values) =>
        new(Texts.OfValue(key), null, null, Texts.OfValue(values), null);

    private static RowModel Row(KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>> row) =>
        Row(row.Key, row.Value.Value, Moment(row.Value.Timestamp));

    private static RowModel Row(Windowed<TKey> key, TValue value, DateTimeOffset? timestamp) =>
        new(Texts.OfValue(key.Key), key.Window.StartTime, key.Window.EndTime, Texts.OfValue(value), timestamp);

    private static DateTimeOffset? Moment(long timestamp) =>
        timestamp is >= 0 and <= 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp) : null;

    private static ApiException NotForIt(string name, RowsQuery query) =>
        ApiException.BadRequest($"query is '{query.Query}', which store '{name}' of its kind does not answer; the list of stores has those it does.");
}
