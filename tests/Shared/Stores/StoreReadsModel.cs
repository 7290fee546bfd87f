using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What a window or session store should hold.</summary>
internal sealed class StoredRows<TKey>
    where TKey : notnull
{
    public Dictionary<(TKey Key, long Start, long End), (long Value, string? Header)> Rows { get; init; } = [];

    public long StreamTime { get; set; } = -1;

    public static StoredRows<TKey> Copy(StoredRows<TKey> model) => new() { Rows = new(model.Rows), StreamTime = model.StreamTime };
}

/// <summary>
/// A window or session store beside a dictionary: random writes and reads of every kind, at times where the bytes of keys and
/// of times mix.
/// </summary>
/// <param name="keys">Keys to take from.</param>
/// <param name="serde">Their serde.</param>
/// <param name="random">Decides.</param>
/// <param name="origin">Where time begins.</param>
internal abstract class StoreReadsModel<TKey>(TKey[] keys, ISerde<TKey> serde, Random random, long origin)
    where TKey : notnull
{
    protected const long Retention = 200_000;
    private const long Segment = Retention / 2;

    protected abstract StateStore Create();

    protected abstract bool Write(StateStore store, (TKey Key, long Start, long End) row, (long Value, string? Header)? value);

    /// <summary>The time that decides about a row's expiry.</summary>
    protected abstract long TimeOf((TKey Key, long Start, long End) row);

    /// <summary>The bytes behind the record key, in hex.</summary>
    protected abstract string Suffix((TKey Key, long Start, long End) row);

    protected abstract bool Overlaps((TKey Key, long Start, long End) row, long low, long high);

    protected abstract (TKey Key, long Start, long End) RowOf(TKey key, long time);

    /// <summary>Every read of a store or a view that shows some keys, each as the rows that it gives.</summary>
    protected abstract IEnumerable<IEnumerable<string>> ReadRange(
        object store, KeyRange<TKey> range, long low, long high, bool reverse);

    protected abstract IEnumerable<IEnumerable<string>> ReadKey(object store, TKey key, long low, long high, bool reverse);

    /// <summary>The row, null where there is none.</summary>
    protected abstract string? ReadRow(object store, (TKey Key, long Start, long End) row);

    protected abstract bool ShowsHeaders(object store);

    public void Run(int steps, long maxCacheBytes, Func<bool, IStoreBackend>? disk)
    {
        var harness = new StoreHarness(Create, maxCacheBytes, disk: disk);
        var model = new StoreModel<StoredRows<TKey>>(harness, StoredRows<TKey>.Copy, new());
        for (var step = 0; step < steps; step++)
        {
            switch (random.Next(20))
            {
                case < 9:
                    Change(harness.Store, model.Now);
                    break;
                case < 17:
                    Check(harness.Store, model.Now);
                    Check(harness.Store.View(harness.Identity)!, model.Committed);
                    break;
                default:
                    model.Live(random);
                    break;
            }
        }

        harness.Backend.Dispose();
    }

    protected static string Text(TKey key, Window window, long value, Headers? headers) =>
        $"{key}@{window.Start}/{window.End}={value}{(headers is { Count: > 0 } ? $"{{{Header(headers)}}}" : "")}";

    private static string Header(Headers headers) =>
        headers.TryGetLast("h", out var value) ? Encoding.UTF8.GetString(value!) : "?";

    protected static Headers? HeadersOf(string? header) => header is null ? null : Headers.Empty.With("h", header);

    private void Change(StateStore store, StoredRows<TKey> now)
    {
        var row = RowOf(Key(), Time(now));
        (long, string?)? value = random.Next(4) == 0 ? null : (random.Next(1000), random.Next(3) == 0 ? null : $"{random.Next(9)}");
        var isLive = TimeOf(row) >= Live(now);
        Assert.Equal(isLive, Write(store, row, value));
        if (!isLive)
        {
            return;
        }

        now.StreamTime = Math.Max(now.StreamTime, TimeOf(row));
        now.Rows.Remove(row);
        if (value is { } put)
        {
            now.Rows.Add(row, put);
        }
    }

    private void Check(object store, StoredRows<TKey> rows)
    {
        var (low, high, reverse) = (Bound(rows, long.MinValue), Bound(rows, long.MaxValue), random.Next(2) == 0);
        var (first, last) = (Key(), Key());
        var range = random.Next(5) switch
        {
            0 => KeyRange.From(first),
            1 => KeyRange.To(last),
            2 => KeyRange.All<TKey>(),
            _ => KeyRange.Between(first, last),
        };
        var expected = Expected(store, rows, low, high, reverse, key =>
            (!range.HasFirst || string.CompareOrdinal(Hex(key), Hex(range.First!)) >= 0)
            && (!range.HasLast || string.CompareOrdinal(Hex(key), Hex(range.Last!)) <= 0));
        Assert.All(ReadRange(store, range, low, high, reverse), read => Assert.Equal(expected, read));

        expected = Expected(store, rows, low, high, reverse, key => key.Equals(first));
        Assert.All(ReadKey(store, first, low, high, reverse), read => Assert.Equal(expected, read));

        var row = rows.Rows.Count > 0 && random.Next(2) == 0
            ? rows.Rows.Keys.ElementAt(random.Next(rows.Rows.Count))
            : RowOf(first, Time(rows));
        Assert.Equal(
            Expected(store, rows, long.MinValue, long.MaxValue, reverse: false, _ => true, only: row).SingleOrDefault(),
            ReadRow(store, row));
    }

    private List<string> Expected(
        object store, StoredRows<TKey> rows, long low, long high, bool reverse, Func<TKey, bool> includes,
        (TKey Key, long Start, long End)? only = null)
    {
        var shown = rows.Rows
            .Where(r => TimeOf(r.Key) >= Live(rows) && includes(r.Key.Key) && Overlaps(r.Key, low, high))
            .Where(r => only is null || r.Key.Equals(only.Value))
            .OrderBy(r => $"{TimeOf(r.Key) / Segment:x16}{Hex(r.Key.Key)}{Suffix(r.Key)}", StringComparer.Ordinal)
            .Select(r => Text(
                r.Key.Key,
                new Window(r.Key.Start, r.Key.End),
                r.Value.Value,
                ShowsHeaders(store) ? HeadersOf(r.Value.Header) : null))
            .ToList();
        if (reverse)
        {
            shown.Reverse();
        }

        return shown;
    }

    private static long Live(StoredRows<TKey> rows) => Math.Max(0, rows.StreamTime - Retention + 1);

    private string Hex(TKey key)
    {
        var buffer = new PooledBuffer();
        serde.Serialize(key, buffer);
        return Convert.ToHexStringLower(buffer.Written);
    }

    private TKey Key() => keys[random.Next(keys.Length)];

    private long Time(StoredRows<TKey> rows)
    {
        var now = Math.Max(origin, rows.StreamTime);
        return Math.Max(origin, now - (long)(random.NextDouble() * 1.2 * Retention) + (random.Next(6) == 0 ? 40_000 : 0)) / 5_000 * 5_000;
    }

    private long Bound(StoredRows<TKey> rows, long end) => random.Next(4) == 0 ? end : Time(rows);
}

/// <summary>A window store beside a dictionary.</summary>
internal sealed class WindowReadsModel<TKey>(TKey[] keys, ISerde<TKey> serde, bool withHeaders, Random random, long origin)
    : StoreReadsModel<TKey>(keys, serde, random, origin)
    where TKey : notnull
{
    private const long Size = 7_000;
    private readonly ISerde<TKey> _serde = serde;

    protected override StateStore Create() => withHeaders
        ? new WindowStoreWithHeaders<TKey, long>("s", _serde, Serdes.Int64, Size, Retention)
        : new WindowStore<TKey, long>("s", _serde, Serdes.Int64, timestamped: true, Size, Retention);

    protected override bool Write(StateStore store, (TKey Key, long Start, long End) row, (long Value, string? Header)? value)
    {
        var (key, start, time) = (row.Key, row.Start, row.Start + 1);
        if (store is IWindowStoreWithHeaders<TKey, long> with)
        {
            return value is { } headed ? with.Put(key, start, headed.Value, time, HeadersOf(headed.Header))
                : with.Delete(key, start, time, HeadersOf("why"));
        }

        var windows = (IWindowStore<TKey, long>)store;
        return value is { } put ? windows.Put(key, start, put.Value, time) : windows.Delete(key, start, time);
    }

    protected override long TimeOf((TKey Key, long Start, long End) row) => row.Start;

    protected override string Suffix((TKey Key, long Start, long End) row) => $"{row.Start:x16}00000000";

    protected override bool Overlaps((TKey Key, long Start, long End) row, long low, long high) =>
        row.Start >= low && row.Start <= high;

    protected override (TKey Key, long Start, long End) RowOf(TKey key, long time) =>
        (key, time, Window.OfLength(time, Size).End);

    protected override IEnumerable<IEnumerable<string>> ReadRange(
        object store, KeyRange<TKey> range, long low, long high, bool reverse)
    {
        var windows = (IReadOnlyWindowStore<TKey, long>)store;
        if (store is IReadOnlyWindowStoreWithHeaders<TKey, long> with)
        {
            yield return with.FetchWithHeaders(range, low, high, reverse).Select(r => Text(r.Key, r.Value));
            yield break;
        }

        yield return windows.Fetch(range, low, high, reverse).Select(r => Text(r.Key, r.Value));
        if (range == default)
        {
            yield return windows.FetchAll(low, high, reverse).Select(r => Text(r.Key, r.Value));
        }
    }

    protected override IEnumerable<IEnumerable<string>> ReadKey(object store, TKey key, long low, long high, bool reverse)
    {
        if (store is IReadOnlyWindowStoreWithHeaders<TKey, long> with)
        {
            yield return with.FetchWithHeaders(key, low, high, reverse).Select(r => Text(Windowed(key, r.Key), r.Value));
            yield return with.FetchWithHeaders(KeyRange.Between(key, key), low, high, reverse).Select(r => Text(r.Key, r.Value));
            yield break;
        }

        var windows = (IReadOnlyWindowStore<TKey, long>)store;
        yield return windows.Fetch(key, low, high, reverse).Select(r => Text(Windowed(key, r.Key), r.Value));
        yield return windows.Fetch(KeyRange.Between(key, key), low, high, reverse).Select(r => Text(r.Key, r.Value));
    }

    protected override string? ReadRow(object store, (TKey Key, long Start, long End) row)
    {
        var windowed = Windowed(row.Key, row.Start);
        return store is IReadOnlyWindowStoreWithHeaders<TKey, long> with
            ? with.TryFetchWithHeaders(row.Key, row.Start, out var headed) ? Text(windowed, headed) : null
            : ((IReadOnlyWindowStore<TKey, long>)store).TryFetchWithTimestamp(row.Key, row.Start, out var value)
                ? Text(windowed, value) : null;
    }

    protected override bool ShowsHeaders(object store) => store is IReadOnlyWindowStoreWithHeaders<TKey, long>;

    private static Windowed<TKey> Windowed(TKey key, long start) => new(key, Window.OfLength(start, Size));

    private static string Text(Windowed<TKey> key, ValueAndTimestamp<long> value)
    {
        Assert.Equal(key.Window.Start + 1, value.Timestamp);
        return Text(key.Key, key.Window, value.Value, null);
    }

    private static string Text(Windowed<TKey> key, ValueTimestampHeaders<long> value)
    {
        Assert.Equal(key.Window.Start + 1, value.Timestamp);
        return Text(key.Key, key.Window, value.Value, value.Headers);
    }
}

/// <summary>A session store beside a dictionary.</summary>
internal sealed class SessionReadsModel<TKey>(TKey[] keys, ISerde<TKey> serde, bool withHeaders, Random random, long origin)
    : StoreReadsModel<TKey>(keys, serde, random, origin)
    where TKey : notnull
{
    private readonly ISerde<TKey> _serde = serde;
    private readonly Random _random = random;

    protected override StateStore Create() => withHeaders
        ? new SessionStoreWithHeaders<TKey, long>("s", _serde, Serdes.Int64, Retention)
        : new SessionStore<TKey, long>("s", _serde, Serdes.Int64, Retention);

    protected override bool Write(StateStore store, (TKey Key, long Start, long End) row, (long Value, string? Header)? value)
    {
        var session = new Windowed<TKey>(row.Key, new Window(row.Start, row.End));
        if (store is ISessionStoreWithHeaders<TKey, long> with)
        {
            return value is { } headed ? with.Put(session, headed.Value, HeadersOf(headed.Header))
                : with.Delete(session, HeadersOf("why"));
        }

        var sessions = (ISessionStore<TKey, long>)store;
        return value is { } put ? sessions.Put(session, put.Value) : sessions.Delete(session);
    }

    protected override long TimeOf((TKey Key, long Start, long End) row) => row.End;

    protected override string Suffix((TKey Key, long Start, long End) row) => $"{row.End:x16}{row.Start:x16}";

    protected override bool Overlaps((TKey Key, long Start, long End) row, long low, long high) =>
        row.End >= low && row.Start <= high;

    protected override (TKey Key, long Start, long End) RowOf(TKey key, long time) =>
        (key, Math.Max(0, time - (_random.Next(4) * 10_000)), time);

    protected override IEnumerable<IEnumerable<string>> ReadRange(
        object store, KeyRange<TKey> range, long low, long high, bool reverse)
    {
        if (store is IReadOnlySessionStoreWithHeaders<TKey, long> with)
        {
            yield return with.FindSessionsWithHeaders(range, low, high, reverse).Select(Text);
            yield break;
        }

        var sessions = (IReadOnlySessionStore<TKey, long>)store;
        yield return sessions.FindSessions(range, low, high, reverse).Select(Text);
        if (low == long.MinValue && high == long.MaxValue)
        {
            yield return range == default ? sessions.All(reverse).Select(Text) : sessions.Fetch(range, reverse).Select(Text);
        }
    }

    protected override IEnumerable<IEnumerable<string>> ReadKey(object store, TKey key, long low, long high, bool reverse)
    {
        if (store is IReadOnlySessionStoreWithHeaders<TKey, long> with)
        {
            yield return with.FindSessionsWithHeaders(key, low, high, reverse).Select(Text);
            yield return with.FindSessionsWithHeaders(KeyRange.Between(key, key), low, high, reverse).Select(Text);
            yield break;
        }

        var sessions = (IReadOnlySessionStore<TKey, long>)store;
        yield return sessions.FindSessions(key, low, high, reverse).Select(Text);
        yield return sessions.FindSessions(KeyRange.Between(key, key), low, high, reverse).Select(Text);
    }

    protected override string? ReadRow(object store, (TKey Key, long Start, long End) row)
    {
        var window = new Window(row.Start, row.End);
        return store is IReadOnlySessionStoreWithHeaders<TKey, long> with
            ? with.TryFetchSessionWithHeaders(row.Key, row.Start, row.End, out var headed)
                ? Text(row.Key, window, headed.Value, headed.Headers) : null
            : ((IReadOnlySessionStore<TKey, long>)store).TryFetchSession(row.Key, row.Start, row.End, out var value)
                ? Text(row.Key, window, value, null) : null;
    }

    protected override bool ShowsHeaders(object store) => store is IReadOnlySessionStoreWithHeaders<TKey, long>;

    private static string Text(KeyValuePair<Windowed<TKey>, long> row) => Text(row.Key.Key, row.Key.Window, row.Value, null);

    private static string Text(KeyValuePair<Windowed<TKey>, ValueAndHeaders<long>> row) =>
        Text(row.Key.Key, row.Key.Window, row.Value.Value, row.Value.Headers);
}
