using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Versioned stores beside a list of all versions; the last of a key is always there, others within the history.</summary>
internal sealed class VersionsKind(Random random) : StoreKind(random)
{
    private const long History = 40;

    /// <summary>Behind the latest time: in the history, at its beginning and before it.</summary>
    private static readonly long[] Ages = [0, 7, 39, 40, 41, 60];

    /// <summary>What the ages are counted from.</summary>
    private long _time;

    protected override StateStore Create() => new VersionedStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, History);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (versions, key) = ((VersionedStore<string, string>)store, Key());
        var time = Math.Max(0, now.Time + Random.Next(8) - (Random.Next(3) == 0 ? Random.Next(60) : 0));
        var isDeletion = Random.Next(5) == 0;
        var accepted = isDeletion ? versions.Delete(key, time) : versions.Put(key, $"v{step}", time);
        Assert.Equal(time >= now.Time - History, accepted);
        if (accepted)
        {
            now.Lines.RemoveAll(line => line.Key == key && line.Time == time);
            now.Lines.Add(new(key, time, isDeletion ? "-" : $"v{step}@{time}"));
            now.Time = Math.Max(now.Time, time);
        }

        _time = now.Time;
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyVersionedKeyValueStore<string, string>)store);

    protected override IEnumerable<string> ReadView(StoreView view) => Read((IReadOnlyVersionedKeyValueStore<string, string>)view);

    protected override IEnumerable<string> Expected(StoredLines model) => Keys.SelectMany(key => Ages.Select(age =>
    {
        var versions = model.Lines.Where(line => line.Key == key).OrderBy(line => line.Time).ToList();
        var found = versions.FindLastIndex(line => line.Time <= _time - age);
        var isKept = found == versions.Count - 1 || _time - age >= model.Time - History;
        return $"{key}, {age} ago: {(found >= 0 && isKept ? versions[found].Text : "-")}";
    }));

    private static IEnumerable<string> Keys => [.. Enumerable.Range(0, 3).Select(i => "k" + new string('\0', i)), "k0", "k3", "k5"];

    private IEnumerable<string> Read(IReadOnlyVersionedKeyValueStore<string, string> versions) =>
        Keys.SelectMany(key => Ages.Select(age =>
            $"{key}, {age} ago: {(versions.TryGet(key, _time - age, out var found) ? $"{found.Value}@{found.Timestamp}" : "-")}"));
}

/// <summary>Window stores that keep several values of one key and time, beside a list.</summary>
internal sealed class DuplicatesKind(Random random) : StoreKind(random)
{
    private const long Retention = 200_000;

    protected override StateStore Create() => new WindowStore<string, string>(
        "s", Utf8Serde.Instance, Utf8Serde.Instance, StoreFormat.Plain, 60_000, Retention, keepsDuplicates: true);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var key = Key();
        var start = Math.Max(0, now.Time + Random.Next(20_000) - Random.Next(60_000)) / 5_000 * 5_000;
        if (((WindowStore<string, string>)store).Put(key, start, $"v{step}", step, headers: null))
        {
            now.Time = Math.Max(now.Time, start);
            now.Lines.Add(new(key, start, $"{key}@{start}=v{step}"));
        }
    }

    protected override IEnumerable<string> Read(StateStore store) => Read((IReadOnlyWindowStore<string, string>)store);

    protected override IEnumerable<string> ReadView(StoreView view) => Read((IReadOnlyWindowStore<string, string>)view);

    /// <summary>Key by key: between keys the order is that of segments first.</summary>
    protected override IEnumerable<string> Expected(StoredLines model) =>
        Ordered(model.Lines.Where(line => line.Time > model.Time - Retention)).Select(line => line.Text);

    private static IEnumerable<string> Read(IReadOnlyWindowStore<string, string> windows) => windows.All()
        .Select(row => (row.Key.Key, row.Key.Window.Start, row.Value.Value)).OrderBy(row => row.Key, StringComparer.Ordinal)
        .ThenBy(row => row.Start).Select(row => $"{row.Key}@{row.Start}={row.Value}");
}

/// <summary>What a suppression holds back, beside a list in the order of time and key.</summary>
internal sealed class WaitingUpdatesKind(Random random) : StoreKind(random)
{
    private static readonly Headers Version = new([new Header("v", [3])]);

    protected override StateStore Create() => new TimeOrderedBuffer<string, WaitingUpdate<string>>(
        "s", Utf8Serde.Instance, new WaitingUpdateSerde<string>(Utf8Serde.Instance), Version, WaitingUpdateSerde<string>.FrameOf,
        WaitingUpdateSerde<string>.TimeOf, isolates: false);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var (buffer, key) = ((TimeOrderedBuffer<string, WaitingUpdate<string>>)store, Key());
        var oldest = now.Lines.OrderBy(line => line.Time).ThenBy(line => line.Key, StringComparer.Ordinal).FirstOrDefault();
        if (Random.Next(3) == 0)
        {
            var latest = Random.Next(step + 1);
            var isDue = now.Lines.Count > 0 && oldest.Time <= latest;
            Assert.Equal(isDue, buffer.TryTakeOldest(latest, out var taken));
            if (isDue)
            {
                Assert.Equal(oldest.Text, Text(taken.Key, taken.Value));
                now.Lines.Remove(oldest);
            }
        }
        else
        {
            var (update, waits) = (Update(step), now.Lines.FindIndex(line => line.Key == key));
            var time = waits >= 0 ? now.Lines[waits].Time : Math.Max(0, step - Random.Next(20));
            buffer.Observe(update.Timestamp);
            buffer.Put(key, update, time, update.Timestamp, update.Headers);
            now.Put(key, time, Text(key, update));
            now.Time = Math.Max(now.Time, update.Timestamp);
        }

        Assert.Equal(now.Time, buffer.ObservedTime);

        Assert.Equal(now.Lines.Count, buffer.Count);
        Assert.Equal(now.Lines.Count == 0 ? long.MaxValue : now.Lines.Min(line => line.Time), buffer.OldestTime);
    }

    protected override IEnumerable<string> Read(StateStore store)
    {
        var buffer = (TimeOrderedBuffer<string, WaitingUpdate<string>>)store;
        return from key in Enumerable.Range(0, 6).Select(i => $"k{i}").Concat(["k", "k\0", "k\0\0"]).Order(StringComparer.Ordinal)
            let row = buffer.TryGetWaiting(key, out var update) ? Text(key, update) : null
            where row is not null
            select row;
    }

    private WaitingUpdate<string> Update(int step) => new()
    {
        Prior = $"o{step % 2}",
        HasPrior = Random.Next(2) == 0,
        Old = $"o{step % 3}",
        HasOld = Random.Next(2) == 0,
        New = $"n{step}",
        HasNew = Random.Next(4) > 0,
        Topic = "t" + (step % 2),
        Partition = step % 3,
        Offset = step,
        Timestamp = step * 2L,
        Headers = Random.Next(2) == 0 ? null : Headers.Empty.With("h", $"{step}"),
    };

    private static string Text(string key, WaitingUpdate<string> update) =>
        $"{key}: {(update.HasPrior ? update.Prior : "-")} {(update.HasOld ? update.Old : "-")} {(update.HasNew ? update.New : "-")} "
        + $"{update.Topic}-{update.Partition}:{update.Offset}@{update.Timestamp}"
        + (update.Headers is { } headers && headers.TryGetLast("h", out var value) ? Encoding.UTF8.GetString(value!) : "");
}

/// <summary>Records that wait for the rows of their time, beside a list.</summary>
internal sealed class WaitingRecordsKind(Random random) : StoreKind(random)
{
    private long _time;

    protected override StateStore Create() => new GraceBuffer<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance);

    protected override void Change(StateStore store, StoredLines now, int step)
    {
        var buffer = (GraceBuffer<string, string>)store;
        _time += Random.Next(3);
        if (Random.Next(3) == 0)
        {
            var end = _time - Random.Next(30);
            using var due = buffer.Scan(0, end);
            foreach (var line in InOrder(now).Where(line => line.Time < end).Take(Random.Next(5)).ToList())
            {
                Assert.True(due.MoveNext());
                Assert.Equal(line.Text, Text(due.Key, due.Value));
                buffer.Remove(due.Key, step);
                now.Lines.Remove(line);
            }
        }
        else
        {
            // A number follows the key, so that keys which others begin with may lie between those.
            var (key, time) = (Key().TrimEnd('\0'), Math.Max(0, _time - Random.Next(20)));
            var headers = Random.Next(2) == 0 ? null : Headers.Empty.With("h", $"{step}");
            var position = new RecordPosition(new TopicPartition("t", step % 3), step);
            buffer.Add(new Record<string, string>(key, $"v{step}", time, headers), position);
            now.Lines.Add(new(key, time, Text(new(time, key, 0), new($"v{step}", time, headers, position))));
        }

        Assert.Equal(now.Lines.Select(line => line.Time).DefaultIfEmpty(-1).Max(), buffer.LatestTime());
    }

    protected override IEnumerable<string> Read(StateStore store)
    {
        using var all = ((GraceBuffer<string, string>)store).Scan(0, long.MaxValue);
        while (all.MoveNext())
        {
            yield return Text(all.Key, all.Value);
        }
    }

    protected override IEnumerable<string> Expected(StoredLines model) => InOrder(model).Select(line => line.Text);

    private static IEnumerable<StoredLine> InOrder(StoredLines model) =>
        model.Lines.OrderBy(line => line.Time).ThenBy(line => line.Key, StringComparer.Ordinal);

    private static string Text(BufferedKey<string> key, BufferedRecord<string> record) =>
        $"{key.Key}={record.Value} {record.Position}@{key.Timestamp}/{record.Timestamp}"
        + (record.Headers is { } headers && headers.TryGetLast("h", out var value) ? Encoding.UTF8.GetString(value!) : "");
}
