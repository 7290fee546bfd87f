using System.Globalization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// Results that are sent when windows close: none is lost and none comes twice, whatever the record cache, the retention, jumps
/// of time, aborts and restarts, with the local state and without.
/// </summary>
public sealed class FinalResultsTests
{
    private static readonly long[] CacheSizes = [0, 2_000, 10_000_000];

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var kind in new[] { "tumbling", "hopping", "session", "session without gap", "sliding" })
        {
            for (var seed = 0; seed < 12; seed++)
            {
                cases.Add(kind, seed);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_window_has_one_final_result_and_no_record_is_lost(string kind, int seed)
    {
        var random = new Random(seed);
        var size = random.NextInt64(5, 60);
        var grace = random.Next(2) == 0 ? 0 : random.NextInt64(40);
        var (describe, model) = Windows(kind, size, grace);

        // The brute force of sliding windows knows no late records.
        var delay = kind == "sliding" ? Math.Max(1, grace) : grace + (3 * size);
        var records = kind == "sliding"
            ? Piped.Random(random, 120, size / 2, delay).OrderBy(r => r.Time).ToList()
            : Piped.Random(random, 200, size / 2, delay);
        records.Add(new Piped("end", "v", 1_000_000));
        foreach (var record in records)
        {
            model.Process(record);
        }

        var app = new Application(describe, CacheSizes[random.Next(3)]);
        app.Run(records, random);

        var lost = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {kind} of {size} and {grace}");
        Assert.True(
            model.Finals.Order(StringComparer.Ordinal).SequenceEqual(app.Finals.Order(StringComparer.Ordinal)),
            $"{lost}: missing {string.Join(' ', model.Finals.Except(app.Finals))}, "
            + $"too many {string.Join(' ', app.Finals.Except(model.Finals))}");
        Assert.Equal(model.Late, app.Late);
        if (kind.StartsWith("session", StringComparison.Ordinal) || kind == "tumbling")
        {
            Assert.Equal(records.Count - 1, model.Late + app.Finals.Sum(CountOf));
        }
    }

    /// <summary>
    /// The last window of a topic waits for a later record; that one comes after the application has begun anew, on a machine
    /// with the task's state or without, and the window before it must not come a second time.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Restart_sends_what_was_open_and_nothing_again(bool losesState)
    {
        var app = new Application(
            b => b.WindowedBy(HoppingWindows.Of(Ms(10), Ms(5), Ms(5))).EmitStrategy(EmitStrategy.OnWindowClose).Count(new() { Name = "s" }),
            cacheBytes: 0);
        app.Process([new("A", "1", 0), new("B", "2", 5), new("C", "3", 15)]);
        Assert.Equal("A[0/10]=1 B[0/10]=1", string.Join(' ', app.Finals));

        app.Restart(losesState);
        app.Process([new("A", "late", 4), new("D", "4", 25)]);

        Assert.Equal("A[0/10]=1 B[0/10]=1 B[5/15]=1 C[10/20]=1", string.Join(' ', app.Finals));
        Assert.Equal(1, app.Late);
    }

    /// <summary>A record that comes exactly gap and grace behind the latest one joins its session, however long that is kept.</summary>
    [Theory]
    [InlineData(StoreType.Persistent, 0, null)]
    [InlineData(StoreType.InMemory, 10_000_000, null)]
    [InlineData(StoreType.Persistent, 10_000_000, 100_000)]
    public void C50_record_at_the_edge_of_its_session_is_counted_in_it(StoreType type, long cacheBytes, int? retention)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(SessionWindows.Of(Ms(5), Ms(0)))
            .Count(new() { Name = "s", StoreType = type, Retention = retention is { } r ? Ms(r) : null })
            .ToStream(r => $"{r.Key.Key}[{r.Key.Window.Start}/{r.Key.Window.End}]")
            .MapValues(v => v.ToString(CultureInfo.InvariantCulture)).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("in", "k1", "x", 0);
        harness.Pipe("in", "k2", "x", 5);
        harness.Pipe("in", "k1", "x", 0);
        harness.Pipe("in", "k2", "x", 6);
        harness.Pipe("in", "k1", "x", 0);

        Assert.Equal("k1[0/0]=1@0 k2[5/5]=1@5 k1[0/0]=2@0 k2[5/5]=null@5 k2[5/6]=2@6", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Late));
    }

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static int CountOf(string final) => int.Parse(final[(final.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);

    private static (Func<KGroupedStream<string, string>, KTable<Windowed<string>, long>> Describe, WindowModel Model) Windows(
        string kind, long size, long grace)
    {
        const EmitStrategy OnClose = EmitStrategy.OnWindowClose;
        var advance = kind == "hopping" ? Math.Max(1, size / 3) : size;
        var gap = kind == "session" ? size : 0;
        return kind switch
        {
            "tumbling" => (g => g.WindowedBy(TumblingWindows.Of(Ms(size), Ms(grace))).EmitStrategy(OnClose)
                .Count(new() { Name = "s" }), new HoppingModel(size, size, grace)),
            "hopping" => (g => g.WindowedBy(HoppingWindows.Of(Ms(size), Ms(advance), Ms(grace))).EmitStrategy(OnClose)
                .Count(new() { Name = "s" }), new HoppingModel(size, advance, grace)),
            "sliding" => (g => g.WindowedBy(SlidingWindows.Of(Ms(size), Ms(grace))).EmitStrategy(OnClose)
                .Count(new() { Name = "s" }), new SlidingModel(size, grace)),
            _ => (g => g.WindowedBy(SessionWindows.Of(Ms(gap), Ms(grace))).EmitStrategy(OnClose)
                .Count(new() { Name = "s" }), new SessionModel(gap, grace)),
        };
    }
}
