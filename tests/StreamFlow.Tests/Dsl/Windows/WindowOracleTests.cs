using System.Globalization;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// Which windows a table comes to have, and of how many records, whatever the order in which these come: against loops over all
/// records, with caches, commits, aborts and restarts.
/// </summary>
public sealed class WindowOracleTests
{
    private static readonly long[] CacheSizes = [0, 2_000, 10_000_000];

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var kind in new[] { "tumbling", "hopping", "sliding", "session", "session without gap", "unlimited" })
        {
            for (var seed = 100; seed < 110; seed++)
            {
                cases.Add(kind, seed);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Windows_are_those_of_a_loop_over_all_records(string kind, int seed)
    {
        var random = new Random(seed);
        var size = random.NextInt64(2, 60);
        var delay = 4 * size;
        var records = Piped.Random(random, 150, size / 2, delay);
        var app = new Application(Describe(kind, size, delay), CacheSizes[random.Next(3)]);

        app.Run(records, random);

        var actual = app.Finals.Select(update => update.Split('=')).GroupBy(update => update[0], update => update[1])
            .Where(window => window.Last() != "null").Select(window => $"{window.Key}={window.Last()}")
            .Order(StringComparer.Ordinal).ToList();
        var expected = records.GroupBy(record => record.Key)
            .SelectMany(key => Windows(kind, size, [.. key.Select(record => record.Time).Order()])
                .Select(window => $"{key.Key}[{window.Start}/{window.End}]={window.Count}"))
            .Order(StringComparer.Ordinal).ToList();
        Assert.True(
            expected.SequenceEqual(actual),
            string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {kind} of {size}: missing {string.Join(' ', expected.Except(actual))}, ")
            + $"too many {string.Join(' ', actual.Except(expected))}");
        Assert.Equal(0, app.Late);
    }

    private static IEnumerable<(long Start, long End, int Count)> Windows(string kind, long size, long[] times)
    {
        switch (kind)
        {
            case "session" or "session without gap":
                return Sessions(kind == "session" ? size : 0, times);
            case "unlimited":
                return [(0, long.MaxValue, times.Length)];
            case "sliding":
                // Each record ends a window, and one begins behind it; those without records are none.
                return times.SelectMany(time => new[] { Math.Max(0, time - size), time + 1 }).Distinct()
                    .Select(start => (start, start + size, times.Count(time => time >= start && time <= start + size)))
                    .Where(window => window.Item3 > 0);
            default:
                var advance = kind == "hopping" ? Advance(size) : size;
                return Enumerable.Range(0, (int)(times[^1] / advance) + 1).Select(i => i * advance)
                    .Select(start => (start, start + size, times.Count(time => time >= start && time < start + size)))
                    .Where(window => window.Item3 > 0);
        }
    }

    private static List<(long Start, long End, int Count)> Sessions(long gap, long[] times)
    {
        var sessions = new List<(long Start, long End, int Count)>();
        foreach (var time in times)
        {
            if (sessions.Count > 0 && time - sessions[^1].End <= gap)
            {
                sessions[^1] = (sessions[^1].Start, time, sessions[^1].Count + 1);
            }
            else
            {
                sessions.Add((time, time, 1));
            }
        }

        return sessions;
    }

    private static long Advance(long size) => Math.Max(1, size / 3);

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Func<KGroupedStream<string, string>, KTable<Windowed<string>, long>> Describe(string kind, long size, long grace) =>
        kind switch
        {
            "tumbling" => g => g.WindowedBy(TumblingWindows.Of(Ms(size), Ms(grace))).Count(),
            "hopping" => g => g.WindowedBy(HoppingWindows.Of(Ms(size), Ms(Advance(size)), Ms(grace))).Count(),
            "sliding" => g => g.WindowedBy(SlidingWindows.Of(Ms(size), Ms(grace))).Count(),
            "session" => g => g.WindowedBy(SessionWindows.Of(Ms(size), Ms(grace))).Count(),
            "session without gap" => g => g.WindowedBy(SessionWindows.Of(TimeSpan.Zero, Ms(grace))).Count(),
            _ => g => g.WindowedBy(UnlimitedWindows.Of()).Count(),
        };
}
