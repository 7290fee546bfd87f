using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>A window store that keeps several values of one key and time, as joins of two streams need it.</summary>
public class DuplicateWindowTests
{
    private const long Retention = 200_000;

    private readonly StoreHarness _harness = new(
        () => new WindowStore<string, string>(
            "s", Utf8Serde.Instance, Utf8Serde.Instance, StoreFormat.Plain, 60_000, Retention, keepsDuplicates: true));

    private WindowStore<string, string> Store => (WindowStore<string, string>)_harness.Store;

    [Fact]
    public void Changelog_key_carries_the_number_that_tells_duplicates_apart()
    {
        Store.Put("k", 5, "a", 5, headers: null);
        Store.Put("k", 5, "b", 5, headers: null);
        _harness.Commit();

        Assert.Equal(
            ["key=6b000000000000000500000001 val=61 ts=5", "key=6b000000000000000500000002 val=62 ts=5"],
            _harness.Changelog.Records.Select(r => r.ToString()));
    }

    /// <summary>What the log has comes in its order, which is not that of the numbers once they have begun anew.</summary>
    [Theory]
    [InlineData(new[] { 5, 3 }, 6)]
    [InlineData(new[] { 7, int.MaxValue }, 0)]
    public void Numbers_go_on_behind_the_highest_of_the_log_and_begin_anew_behind_the_last_there_is(int[] logged, int next)
    {
        foreach (var number in logged)
        {
            _harness.Changelog.Records.Add(new LoggedRecord(Key(number), "v"u8.ToArray(), 5, Headers: null));
        }

        _harness.WriteBatch();
        _harness.Restore(recordsPerBatch: 1);
        Store.Put("k", 5, "next", 5, headers: null);
        _harness.Commit();

        Assert.Equal(Key(next), _harness.Changelog.Records[^1].Key);

        static byte[] Key(int number) => Convert.FromHexString($"6b0000000000000005{number:x8}");
    }

    /// <summary>A number that was given is not given again, although nothing of it is in the bytes yet.</summary>
    [Fact]
    public void Numbers_that_are_not_flushed_stay_given()
    {
        Store.Put("k", 5, "a", 5, headers: null);
        _harness.Commit();
        Store.Put("k", 5, "b", 5, headers: null);
        Store.Restored();
        Store.Put("k", 5, "c", 5, headers: null);

        Assert.Equal(["a", "b", "c"], Store.Fetch("k", 0, 10).Select(e => e.Value.Value));
    }

    /// <summary>Numbers outlast an abort, and are then all that the bytes have.</summary>
    [Fact]
    public void View_shows_nothing_where_only_a_number_is_committed()
    {
        Store.Put("k", 5, "a", 5, headers: null);
        _harness.Rollback();
        _harness.Commit();

        var view = (IReadOnlyWindowStore<string, string>)Store.View(_harness.Identity);

        Assert.Single(_harness.Dump());
        Assert.Empty(view.All());
        Assert.Empty(view.Fetch("k", 0, 10));
    }

    [Fact]
    public void What_is_known_of_keys_takes_no_room_once_the_store_is_closed()
    {
        Store.Put("k", 5, "a", 5, headers: null);
        Assert.True(_harness.Budget.FilterBytes > 0);

        Store.Close();

        Assert.Equal(0, _harness.Budget.FilterBytes);
    }

    [Fact]
    public void Nothing_can_be_deleted_and_a_missing_value_says_so_too()
    {
        Store.Put("k", 5, "a", 5, headers: null);

        Assert.Contains("'s' keeps duplicates", Assert.Throws<InvalidOperationException>(
            () => Store.Delete("k", 5, 5)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Store.Put("k", 5, null!, 5));
        Assert.Equal(["a"], Store.Fetch("k", 0, 10).Select(e => e.Value.Value));
    }

    [Fact]
    public void Put_reads_nothing()
    {
        var reads = _harness.Reads;
        for (var i = 0; i < 100; i++)
        {
            Store.Put("k", i, "v", i, headers: null);
        }

        Assert.Equal(reads, _harness.Reads);
    }

    /// <summary>A join asks for each record whether the other side has its key, and mostly it has not.</summary>
    [Fact]
    public void Key_that_was_never_put_is_not_looked_for_in_the_bytes()
    {
        Store.Put("k", 5, "a", 5, headers: null);
        _harness.Commit();
        var scans = _harness.Scans;

        Assert.Empty(Store.Fetch("other", 0, 10));
        Assert.Equal(scans, _harness.Scans);
        Assert.Single(Store.Fetch("k", 0, 10));
        Assert.Equal(scans + 1, _harness.Scans);
    }

    [Fact]
    public void Nothing_that_was_committed_stays_in_the_cache()
    {
        for (var i = 0; i < 100; i++)
        {
            Store.Put("k", i, "v", i, headers: null);
        }

        Assert.Equal(100, Store.CachedCount);
        _harness.Commit();

        Assert.Equal((0, 0L), (Store.CachedCount, _harness.Budget.CleanBytes));
        Assert.Equal(100, Store.Fetch("k", 0, 100).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Store_behaves_like_a_list_whose_entries_expire(int seed)
    {
        var random = new Random(seed);
        var (now, committed) = (new List<(string Key, long Start, string Value)>(), new List<(string, long, string)>());
        var (time, committedTime) = (-1L, -1L);
        for (var step = 0; step < 1_500; step++)
        {
            switch (random.Next(100))
            {
                case < 60:
                    var start = Math.Max(0, time + random.Next(20_000) - random.Next(60_000)) / 5_000 * 5_000;
                    var key = $"k{random.Next(3)}";
                    if (Store.Put(key, start, $"{step}", step, headers: null))
                    {
                        now.Add((key, start, $"{step}"));
                        time = Math.Max(time, start);
                    }

                    break;
                case < 85:
                    Check($"k{random.Next(3)}", Math.Max(0, time - random.Next(2 * (int)Retention)), time, random.Next(2) == 0);
                    break;
                case < 93:
                    _harness.Commit();
                    (committed, committedTime) = ([.. now], time);
                    break;
                case < 95:
                    _harness.Flush();
                    break;
                case < 97:
                    _harness.Rollback();
                    (now, time) = ([.. committed], committedTime);
                    break;
                case < 99:
                    _harness.Reopen();
                    (now, time) = ([.. committed], committedTime);
                    break;
                default:
                    _harness.Restore(recordsPerBatch: 1 + random.Next(20));
                    (now, time) = ([.. committed], committedTime);
                    break;
            }
        }

        void Check(string key, long from, long to, bool reverse)
        {
            var live = Math.Max(0, time - Retention + 1);
            var expected = now.Where(e => e.Key == key && e.Start >= Math.Max(from, live) && e.Start <= to)
                .OrderBy(e => e.Start).Select(e => $"{e.Start}={e.Value}").ToList();
            if (reverse)
            {
                expected.Reverse();
            }

            Assert.Equal(expected, Store.Fetch(key, from, to, reverse).Select(e => $"{e.Key}={e.Value.Value}"));
        }
    }
}
