using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Key-value stores beside a dictionary.</summary>
internal class RowsKind(Random random) : StoreKind(random)
{
    protected override StateStore Create() =>
        new KeyValueStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, timestamped: true);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (rows, key) = ((IKeyValueStore<string, string>)store, Key());
        switch (Random.Next(6))
        {
            case 0:
                Assert.Equal(now.Remove(key), rows.Delete(key, step));
                break;
            case 1:
                if (rows.PutIfAbsent(key, $"v{step}", step))
                {
                    Assert.DoesNotContain(now.Lines, line => line.Key == key);
                    Put(now, key, step, "");
                }

                break;
            default:
                rows.Put(key, $"v{step}", step);
                Put(now, key, step, "");
                break;
        }
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyKeyValueStore<string, string>)store);

    protected override IEnumerable<string> ReadView(StoreView view) => Read((IReadOnlyKeyValueStore<string, string>)view);

    protected static void Put(StoredLines now, string key, int step, string header) =>
        now.Put(key, 0, $"{key}=v{step}@{step}{(header.Length > 0 ? "/" + header : "")}");

    private List<string> Read(IReadOnlyKeyValueStore<string, string> rows)
    {
        var all = rows.All().Select(row => $"{row.Key}={row.Value.Value}@{row.Value.Timestamp}").ToList();
        Assert.Equal(all.AsEnumerable().Reverse(), rows.All(reverse: true).Select(row => $"{row.Key}={row.Value.Value}@{row.Value.Timestamp}"));
        var key = Key();
        Assert.Equal(
            all.Find(row => row.StartsWith(key + "=", StringComparison.Ordinal)),
            rows.TryGetWithTimestamp(key, out var found) ? $"{key}={found.Value}@{found.Timestamp}" : null);
        return all;
    }
}

/// <summary>The same with headers.</summary>
internal sealed class RowsWithHeadersKind(Random random) : RowsKind(random)
{
    protected override StateStore Create() =>
        new KeyValueStoreWithHeaders<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (rows, key) = ((IKeyValueStoreWithHeaders<string, string>)store, Key());
        if (Random.Next(6) == 0)
        {
            Assert.Equal(now.Remove(key), rows.Delete(key, step, Headers.Empty.With("why", "gone")));
            return;
        }

        var header = Random.Next(3) == 0 ? "" : $"h{step}";
        rows.Put(key, $"v{step}", step, header.Length == 0 ? null : Headers.Empty.With("h", header));
        Put(now, key, step, header);
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyKeyValueStoreWithHeaders<string, string>)store);

    /// <summary>Views have no headers.</summary>
    protected override IEnumerable<string> ExpectedOfView(StoredLines model) => Expected(model).Select(text => text.Split('/')[0]);

    private List<string> Read(IReadOnlyKeyValueStoreWithHeaders<string, string> rows)
    {
        var all = rows.AllWithHeaders().Select(row => Text(row.Key, row.Value)).ToList();
        Assert.Equal(all.AsEnumerable().Reverse(), rows.AllWithHeaders(reverse: true).Select(row => Text(row.Key, row.Value)));
        var key = Key();
        Assert.Equal(
            all.Where(row => string.CompareOrdinal(row[..row.IndexOf('=', StringComparison.Ordinal)], key) >= 0),
            rows.RangeWithHeaders(key, null).Select(row => Text(row.Key, row.Value)));
        Assert.Equal(
            all.Find(row => row.StartsWith(key + "=", StringComparison.Ordinal)),
            rows.TryGetWithHeaders(key, out var found) ? Text(key, found) : null);
        return all;
    }

    private static string Text(string key, ValueTimestampHeaders<string> row) =>
        $"{key}={row.Value}@{row.Timestamp}"
        + (row.Headers is { } headers && headers.TryGetLast("h", out var value) ? "/" + Encoding.UTF8.GetString(value!) : "");
}

/// <summary>
/// Stores of the keys used last, beside a list in the order of use; after a restart, and after an abort, in the order of the keys.
/// </summary>
internal sealed class UsedLastKind(Random random) : StoreKind(random)
{
    private const int MaxCount = 5;

    protected override StateStore Create() =>
        new LruStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, timestamped: true, MaxCount);

    protected override StoredLines Copy(StoredLines model) => new([.. Ordered(model.Lines)], model.Time);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (rows, key) = ((LruStore<string, string>)store, Key());
        switch (Random.Next(8))
        {
            case 0:
                Assert.Equal(now.Remove(key), rows.Delete(key, step));
                break;
            case < 4:
                var used = now.Lines.Find(line => line.Key == key);
                Assert.Equal(
                    used.Text, rows.TryGetWithTimestamp(key, out var found) ? $"{key}={found.Value}@{found.Timestamp}" : null);
                if (now.Lines.Remove(used))
                {
                    now.Lines.Add(used);
                }

                break;
            default:
                rows.Put(key, $"v{step}", step);
                now.Put(key, 0, $"{key}=v{step}@{step}");
                now.Lines.RemoveRange(0, Math.Max(0, now.Lines.Count - MaxCount));
                break;
        }

        Assert.Equal(now.Lines.Count, rows.ApproximateCount);
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyKeyValueStore<string, string>)store);

    protected override IEnumerable<string> ReadView(StoreView view) => Read((IReadOnlyKeyValueStore<string, string>)view);

    private static IEnumerable<string> Read(IReadOnlyKeyValueStore<string, string> rows) =>
        rows.All().Select(row => $"{row.Key}={row.Value.Value}@{row.Value.Timestamp}");
}

/// <summary>List stores beside a dictionary of lists.</summary>
internal sealed class ListsKind(Random random) : StoreKind(random)
{
    protected override StateStore Create() => new ListStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (lists, key) = ((IListStore<string, string>)store, Key());
        if (Random.Next(4) == 0)
        {
            Assert.Equal(now.Remove(key), lists.Delete(key, step));
        }
        else
        {
            lists.Add(key, $"v{step}", step);
            now.Lines.Add(new(key, 0, $"{key}=v{step}"));
        }
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyListStore<string, string>)store);

    protected override IEnumerable<string> ReadView(StoreView view) => Read((IReadOnlyListStore<string, string>)view);

    private List<string> Read(IReadOnlyListStore<string, string> lists)
    {
        var all = lists.All().SelectMany(list => list.Value.Select(value => $"{list.Key}={value}")).ToList();
        var key = Key();
        Assert.Equal(all.Where(text => text.StartsWith(key + "=", StringComparison.Ordinal)), lists.Get(key).Select(value => $"{key}={value}"));
        Assert.Equal(
            all.Where(text => string.CompareOrdinal(text[..text.IndexOf('=', StringComparison.Ordinal)], key) <= 0),
            lists.Range(KeyRange.To(key)).SelectMany(list => list.Value.Select(value => $"{list.Key}={value}")));
        return all;
    }
}
