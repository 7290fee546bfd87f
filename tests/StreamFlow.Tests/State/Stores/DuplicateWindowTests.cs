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
