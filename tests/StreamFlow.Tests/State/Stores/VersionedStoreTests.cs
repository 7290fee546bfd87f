using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class VersionedStoreTests
{
    private const long History = 300_000;

    private static readonly Comparer<(string Key, long Time)> ByKeyAndTime = Comparer<(string Key, long Time)>.Create(
        (a, b) => string.CompareOrdinal(a.Key, b.Key) is not 0 and var order ? order : a.Time.CompareTo(b.Time));

    private readonly StoreHarness _harness = new(
        () => new VersionedStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, History));

    private VersionedStore<string, string> Store => (VersionedStore<string, string>)_harness.Store;

    [Fact]
    public void Changelog_has_the_plain_key_and_value_at_the_time_of_the_version()
    {
        Store.Put("k", "a", hasValue: true, 5);
        Store.Put("k", default!, hasValue: false, 9);
        Store.Put("k", "b", hasValue: true, 7);
        _harness.Commit();

        Assert.Equal(
            ["key=6b val=61 ts=5", "key=6b val=null ts=9", "key=6b val=62 ts=7"],
            _harness.Changelog.Records.Select(r => r.ToString()));
    }

    [Theory]
    [InlineData(100_000, true)]
    [InlineData(99_999, false)]
    public void Version_older_than_the_history_is_refused(long timestamp, bool accepted)
    {
        Store.Put("k", "now", hasValue: true, 400_000);

        Assert.Equal(accepted, Store.Put("k", "late", hasValue: true, timestamp));
        Assert.Equal(accepted ? [] : ["expired"], _harness.Dropped);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Store_behaves_like_lists_of_versions(int seed)
    {
        var random = new Random(seed);
        var now = new SortedDictionary<(string Key, long Time), string?>(ByKeyAndTime);
        var committed = new SortedDictionary<(string Key, long Time), string?>(ByKeyAndTime);
        var (time, committedTime) = (-1L, -1L);
        for (var step = 0; step < 2_000; step++)
        {
            // One key begins with the bytes of another.
            var key = random.Next(2) == 0 ? "k" : "k" + new string('\0', random.Next(3));
            var at = Math.Max(0, time + random.Next(40_000) - random.Next(200_000));
            switch (random.Next(100))
            {
                case < 40:
                    var value = random.Next(4) == 0 ? null : $"{step}";
                    if (Store.Put(key, value!, value is not null, at))
                    {
                        Assert.True(at >= time - History);
                        (now[(key, at)], time) = (value, Math.Max(time, at));
                    }
                    else
                    {
                        Assert.True(at < time - History);
                    }

                    break;
                case < 85:
                    at = Math.Max(0, time - random.Next(400_000));
                    Assert.Equal(Expected(now, time, key, at), Found(Store, key, at));
                    Assert.Equal(Expected(now, time, key, long.MaxValue), Found(Store, key, long.MaxValue));

                    // Other threads see what is committed, whatever is written meanwhile.
                    var view = (VersionedView<string, string>)Store.View(_harness.Identity);
                    Assert.Equal(Expected(committed, committedTime, key, at), Found(view, key, at));
                    Assert.Equal(Expected(committed, committedTime, key, long.MaxValue), Found(view, key, long.MaxValue));
                    break;
                case < 90:
                    _harness.Commit();
                    (committed, committedTime) = (new(now, ByKeyAndTime), time);
                    break;
                case < 93:
                    _harness.Flush();
                    break;
                case < 96:
                    _harness.Rollback();
                    (now, time) = (new(committed, ByKeyAndTime), committedTime);
                    break;
                case < 98:
                    _harness.Reopen();
                    (now, time) = (new(committed, ByKeyAndTime), committedTime);
                    break;
                default:
                    _harness.Restore(recordsPerBatch: 1 + random.Next(20));
                    (now, time) = (new(committed, ByKeyAndTime), committedTime);
                    break;
            }

            Assert.Equal(time, Store.StreamTime);
        }

        static (string, long) Expected(
            SortedDictionary<(string Key, long Time), string?> model, long time, string key, long asOf)
        {
            var versions = model.Where(v => v.Key.Key == key).ToList();
            var index = versions.FindLastIndex(v => v.Key.Time <= asOf);
            return index < 0 || versions[index].Value is null || (asOf < time - History && index < versions.Count - 1)
                ? default
                : (versions[index].Value!, versions[index].Key.Time);
        }

        static (string, long) Found(IReadOnlyVersionedKeyValueStore<string, string> store, string key, long asOf) =>
            (asOf == long.MaxValue ? store.TryGet(key, out var found) : store.TryGet(key, asOf, out found))
                ? (found.Value, found.Timestamp)
                : default;
    }

    /// <summary>Kafka Streams refuses them too, but logs them.</summary>
    [Fact]
    public void Versions_older_than_the_history_when_they_came_are_not_restored()
    {
        _harness.Changelog.Records.Add(new LoggedRecord("now"u8.ToArray(), "v"u8.ToArray(), 400_000, Headers: null));
        _harness.Changelog.Records.Add(new LoggedRecord("k"u8.ToArray(), "late"u8.ToArray(), 99_999, Headers: null));
        _harness.Changelog.Records.Add(new LoggedRecord("l"u8.ToArray(), "in time"u8.ToArray(), 100_000, Headers: null));
        _harness.WriteBatch();
        _harness.Restore(recordsPerBatch: 1);

        Assert.False(Store.TryGet("k", out _));
        Assert.True(Store.TryGet("l", out _));
    }

    [Fact]
    public void History_is_removed_when_its_key_is_written()
    {
        for (var time = 0L; time <= 3_000_000; time += 50_000)
        {
            Store.Put("k", "v", hasValue: true, time);
            _harness.Commit();
        }

        // Seven in the history, the one valid at its beginning being among them, and the stream time.
        Assert.InRange(_harness.Dump().Count, 8, 9);
    }
}
