using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Random operations on a window store against dictionaries, with time moving on so that windows expire.</summary>
public class WindowStoreModelTests
{
    private const long Retention = 200_000;
    private const long Segment = Retention / 2;
    private Dictionary<(string Key, long Start), (long Value, long Timestamp)> _committed = [];
    private Dictionary<(string Key, long Start), (long Value, long Timestamp)> _now = [];
    private StoreHarness _harness = null!;
    private Random _random = null!;
    private long _streamTime = -1;
    private long _committedStreamTime = -1;
    private long _clock;

    public static TheoryData<int, long> Cases
    {
        get
        {
            var cases = new TheoryData<int, long>();
            for (var seed = 1; seed <= 4; seed++)
            {
                cases.Add(seed, 0);
                cases.Add(seed, 3_000);
                cases.Add(seed, StoreHarness.Unbounded);
            }

            return cases;
        }
    }

    private WindowStore<string, long> Store => (WindowStore<string, long>)_harness.Store;

    private long FirstLive => Math.Max(0, _streamTime - Retention + 1);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Store_behaves_like_a_dictionary_whose_windows_expire(int seed, long maxCacheBytes)
    {
        _random = new Random(seed);
        _harness = new StoreHarness(
            () => new WindowStore<string, long>(
                "s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true, 60_000, Retention),
            maxCacheBytes);
        for (var step = 0; step < 1_200; step++)
        {
            Step();
        }

        Commit();
        _harness.Rollback();
        Assert.Equal((0, 0), (_harness.Budget.DirtyBytes, _harness.Budget.CleanBytes));
    }

    private void Step()
    {
        switch (_random.Next(1000))
        {
            case < 600:
                Write();
                break;
            case < 850:
                CheckPoint();
                break;
            case < 900:
                CheckRanges();
                break;
            case < 930:
                _harness.Flush();
                break;
            case < 970:
                Commit();
                break;
            case < 985:
                _harness.Rollback();
                GoBack();
                break;
            case < 993:
                _harness.Reopen();
                GoBack();
                break;
            default:
                _harness.Restore(recordsPerBatch: 1 + _random.Next(50));
                GoBack();
                CheckCommitted();
                break;
        }
    }

    private void Write()
    {
        var key = Key();
        var start = Start();
        ref var entry = ref Store.Find(key, start);
        var expired = start < FirstLive;
        Assert.Equal(!expired && _now.ContainsKey((key, start)), entry.HasValue);
        var delete = _random.Next(5) == 0;
        var now = (Value: _random.NextInt64(), Timestamp: ++_clock);
        var dropped = _harness.Dropped.Count;
        Assert.Equal(!expired, Store.Set(ref entry, now.Value, !delete, now.Timestamp, headers: null));
        Assert.Equal(expired ? 1 : 0, _harness.Dropped.Count - dropped);
        if (expired)
        {
            return;
        }

        _streamTime = Math.Max(_streamTime, start);
        _now.Remove((key, start));
        if (!delete)
        {
            _now.Add((key, start), now);
        }
    }

    /// <summary>The view of other threads shows what is committed, whatever is written meanwhile.</summary>
    private void CheckView()
    {
        var view = (WindowView<string, long>)Store.View(_harness.Identity);
        var live = Math.Max(0, _committedStreamTime - Retention + 1);
        var (key, from, to, reverse) = (Key(), Start(), Start(), _random.Next(2) == 0);
        Assert.Equal(
            from >= live && _committed.TryGetValue((key, from), out var expected) ? (expected.Value, expected.Timestamp) : default,
            view.TryFetchWithTimestamp(key, from, out var value) ? (value.Value, value.Timestamp) : default);
        Assert.Equal(
            Expected(p => p.Key == key && p.Start >= from && p.Start <= to, reverse, _committed, live),
            view.Fetch(key, from, to, reverse).Select(p => Text(key, p.Key, p.Value.Value, p.Value.Timestamp)));
        Assert.Equal(
            Expected(_ => true, reverse, _committed, live),
            view.All(reverse).Select(p => Text(p.Key.Key, p.Key.Window.Start, p.Value.Value, p.Value.Timestamp)));
    }

    private void CheckPoint()
    {
        CheckView();
        var (key, start) = (Key(), Start());
        var found = Store.TryFetchWithTimestamp(key, start, out var value);
        var expected = default((long Value, long Timestamp));
        Assert.Equal(start >= FirstLive && _now.TryGetValue((key, start), out expected), found);
        Assert.Equal(expected, (value.Value, value.Timestamp));
    }

    private void CheckRanges()
    {
        var (key, from, to, reverse) = (Key(), Start(), Start(), _random.Next(2) == 0);
        Assert.Equal(
            Expected(p => p.Key == key && p.Start >= from && p.Start <= to, reverse),
            Store.Fetch(key, from, to, reverse).Select(p => Text(key, p.Key, p.Value.Value, p.Value.Timestamp)));
        Assert.Equal(
            Expected(p => p.Start >= from && p.Start <= to, reverse),
            Store.FetchAll(from, to, reverse)
                .Select(p => Text(p.Key.Key, p.Key.Window.Start, p.Value.Value, p.Value.Timestamp)));
        Assert.Equal(
            Expected(_ => true, reverse),
            Store.All(reverse).Select(p => Text(p.Key.Key, p.Key.Window.Start, p.Value.Value, p.Value.Timestamp)));
    }

    private void Commit()
    {
        _harness.Commit();
        foreach (var gone in _now.Keys.Where(k => k.Start < FirstLive).ToList())
        {
            _now.Remove(gone);
        }

        _committed = new(_now);
        _committedStreamTime = _streamTime;
        CheckCommitted();
    }

    private void GoBack()
    {
        _now = new(_committed);
        _streamTime = _committedStreamTime;
        Assert.Equal(_streamTime, Store.StreamTime);
    }

    private void CheckCommitted()
    {
        var expected = _committed.ToDictionary(
            p => $"{Hex(p.Key.Key)}{p.Key.Start:x16}00000000",
            p => $"{p.Value.Timestamp:x16}{p.Value.Value:x16}");
        var stored = _harness.Dump().Where(p => p.Key != "ff" && IsLive(p.Key)).ToDictionary(p => p.Key[16..], p => p.Value);
        Assert.Equal(expected, stored);

        var folded = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in _harness.Changelog.Records)
        {
            var key = Convert.ToHexStringLower(record.Key);
            folded.Remove(key);
            if (record.Value is not null && IsLive(key))
            {
                folded.Add(key, $"{record.Timestamp:x16}{Convert.ToHexStringLower(record.Value)}");
            }
        }

        Assert.Equal(expected, folded);
    }

    private bool IsLive(string hexKey) => Convert.ToInt64(hexKey[^24..^8], 16) >= FirstLive;

    private List<string> Expected(Func<(string Key, long Start), bool> include, bool reverse) =>
        Expected(include, reverse, _now, FirstLive);

    private static List<string> Expected(
        Func<(string Key, long Start), bool> include,
        bool reverse,
        Dictionary<(string Key, long Start), (long Value, long Timestamp)> model,
        long live)
    {
        var rows = model.Where(p => p.Key.Start >= live && include(p.Key))
            .OrderBy(p => $"{p.Key.Start / Segment:x16}{Hex(p.Key.Key)}{p.Key.Start:x16}", StringComparer.Ordinal)
            .Select(p => Text(p.Key.Key, p.Key.Start, p.Value.Value, p.Value.Timestamp)).ToList();
        if (reverse)
        {
            rows.Reverse();
        }

        return rows;
    }

    private static string Text(string key, long start, long value, long timestamp) =>
        $"{key}@{start}={value}@{timestamp}";

    private static string Hex(string key) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(key));

    // Of several lengths, so that starts and keys mix in the order of the bytes.
    private string Key() => _random.Next(2) == 0 ? $"k{_random.Next(4)}" : "k" + new string('\0', _random.Next(14));

    private long Start()
    {
        var recent = Math.Max(0, _streamTime - (long)(_random.NextDouble() * 1.3 * Retention));
        return (recent + (_random.Next(8) == 0 ? _random.Next(40_000) : 0)) / 5_000 * 5_000;
    }
}
