using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Random operations against dictionaries: what is now, what was flushed, what is committed.</summary>
public class KeyValueStoreModelTests
{
    private const int Steps = 800;
    private Dictionary<string, (long Value, long Timestamp)> _committed = [];
    private Dictionary<string, (long Value, long Timestamp)> _now = [];
    private StoreHarness _harness = null!;
    private Random _random = null!;
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

    private KeyValueStore<string, long> Store => (KeyValueStore<string, long>)_harness.Store;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Store_behaves_like_a_dictionary(int seed, long maxCacheBytes)
    {
        _random = new Random(seed);
        _harness = new StoreHarness(
            () => new KeyValueStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true),
            maxCacheBytes);
        for (var step = 0; step < Steps; step++)
        {
            Step(_random.Next(1000));
        }

        _harness.Commit();
        _committed = new(_now);
        CheckCommitted();
        _harness.Rollback();
        Assert.Equal((0, 0), (_harness.Budget.DirtyBytes, _harness.Budget.CleanBytes));
    }

    private void Step(int choice)
    {
        switch (choice)
        {
            case < 450:
                Write();
                break;
            case < 800:
                Read();
                break;
            case < 860:
                ReadRange();
                break;
            case < 880:
                ReadRangeWhileWriting();
                break;
            case < 920:
                _harness.Flush();
                break;
            case < 970:
                _harness.Commit();
                _committed = new(_now);
                CheckCommitted();
                break;
            case < 985:
                _harness.Rollback();
                _now = new(_committed);
                Assert.Equal((0, 0), (_harness.Budget.DirtyBytes, _harness.Budget.CleanBytes));
                break;
            case < 993:
                _harness.Reopen();
                _now = new(_committed);
                break;
            default:
                _harness.Restore(recordsPerBatch: 1 + _random.Next(50));
                _now = new(_committed);
                CheckCommitted();
                break;
        }
    }

    private void Write()
    {
        var key = Key();
        if (_random.Next(4) == 0)
        {
            _now[key] = (_random.NextInt64(), ++_clock);
            Store.Put(key, _now[key].Value, hasValue: true, _clock, headers: null);
            return;
        }

        ref var entry = ref Store.Find(key);
        Assert.Equal(_now.TryGetValue(key, out var before), entry.HasValue);
        if (entry.HasValue)
        {
            Assert.Equal(before, (entry.Value, entry.Timestamp));
        }

        var now = (Value: _random.NextInt64(), Timestamp: ++_clock);
        var delete = _random.Next(4) == 0;
        Store.Set(ref entry, now.Value, !delete, now.Timestamp, headers: null);
        if (delete)
        {
            _now.Remove(key);
        }
        else
        {
            _now[key] = now;
        }
    }

    private void Read()
    {
        CheckView();
        var key = Key();
        var found = Store.TryGetWithTimestamp(key, out var value);
        Assert.Equal(_now.TryGetValue(key, out var expected), found);
        if (found)
        {
            Assert.Equal(expected, (value.Value, value.Timestamp));
        }
    }

    private void ReadRange()
    {
        var (from, to, reverse) = (Key(), Key(), _random.Next(2) == 0);
        Assert.Equal(Expected(k => Between(k, from, to), reverse), Text(Store.Range(from, to, reverse)));
        Assert.Equal(
            Expected(k => k.StartsWith(from, StringComparison.Ordinal), reverse),
            Text(Store.Prefix(from, Utf8Serde.Instance, reverse)));
        Assert.Equal(Expected(_ => true, reverse), Text(Store.All(reverse)));
    }

    private void ReadRangeWhileWriting()
    {
        var expected = Expected(_ => true, reverse: false);
        using var iterator = Store.ScanAll();
        var seen = new List<string>();
        while (iterator.MoveNext())
        {
            seen.Add($"{iterator.Key}={iterator.Value}@{iterator.Timestamp}");
            Step(_random.Next(15) == 0 ? 900 + _random.Next(85) : 0);
        }

        Assert.Equal(expected, seen);
    }

    private void CheckCommitted()
    {
        var folded = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in _harness.Changelog.Records)
        {
            var key = Convert.ToHexStringLower(record.Key);
            folded.Remove(key);
            if (record.Value is not null)
            {
                folded.Add(key, $"{record.Timestamp:x16}{Convert.ToHexStringLower(record.Value)}");
            }
        }

        var expected = _committed.ToDictionary(
            p => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(p.Key)),
            p => $"{p.Value.Timestamp:x16}{p.Value.Value:x16}");
        Assert.Equal(expected, folded);
        Assert.Equal(expected, _harness.Dump());
        Assert.Equal(0, _harness.Budget.DirtyBytes);
        Assert.True(
            _harness.Budget.CleanBytes <= _harness.Budget.CleanLimit,
            $"{_harness.Budget.CleanBytes} clean bytes of {_harness.Budget.CleanLimit} after a commit.");
    }

    /// <summary>The view of other threads shows what is committed, whatever is written meanwhile.</summary>
    private void CheckView()
    {
        var view = (KeyValueView<string, long>)Store.View(_harness.Identity);
        var key = Key();
        Assert.Equal(_committed.TryGetValue(key, out var expected), view.TryGetWithTimestamp(key, out var value));
        Assert.Equal(expected, (value.Value, value.Timestamp));
        var (from, to, reverse) = (Key(), Key(), _random.Next(2) == 0);
        Assert.Equal(Expected(k => Between(k, from, to), reverse, _committed), Text(view.Range(from, to, reverse)));
        Assert.Equal(
            Expected(k => k.StartsWith(from, StringComparison.Ordinal), reverse, _committed),
            Text(view.Prefix(from, Utf8Serde.Instance, reverse)));
    }

    private List<string> Expected(Func<string, bool> include, bool reverse) => Expected(include, reverse, _now);

    private static List<string> Expected(
        Func<string, bool> include, bool reverse, Dictionary<string, (long Value, long Timestamp)> model)
    {
        var rows = model.Where(p => include(p.Key)).OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => $"{p.Key}={p.Value.Value}@{p.Value.Timestamp}").ToList();
        if (reverse)
        {
            rows.Reverse();
        }

        return rows;
    }

    private static List<string> Text(IEnumerable<KeyValuePair<string, ValueAndTimestamp<long>>> rows) =>
        rows.Select(p => $"{p.Key}={p.Value.Value}@{p.Value.Timestamp}").ToList();

    private static bool Between(string key, string from, string to) =>
        string.CompareOrdinal(key, from) >= 0 && string.CompareOrdinal(key, to) <= 0;

    private string Key() => _random.Next(3) == 0 ? $"{_random.Next(6)}" : $"{_random.Next(6)}{_random.Next(40)}";
}
