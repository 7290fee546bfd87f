namespace StreamFlow.Tests.Dsl;

/// <summary>What windows refuse, and what they are.</summary>
public sealed class WindowKindsTests
{
    private static readonly TimeSpan Ms10 = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void C34_windows_that_cannot_be_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TumblingWindows.Of(TimeSpan.Zero, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => HoppingWindows.Of(Ms10, TimeSpan.Zero, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => HoppingWindows.Of(Ms10, TimeSpan.FromMilliseconds(11), TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => TumblingWindows.Of(Ms10, -Ms10));
        Assert.Throws<ArgumentOutOfRangeException>(() => SessionWindows.Of(-Ms10, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => SessionWindows.Of(Ms10, -Ms10));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlidingWindows.Of(-Ms10, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlidingWindows.Of(Ms10, -Ms10));
        Assert.Throws<ArgumentException>(() => SessionWindows.Of(TimeSpan.FromTicks(1), TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, SessionWindows.Of(TimeSpan.Zero, TimeSpan.Zero).Gap);
    }

    /// <summary>Kafka Streams accepts the difference and fails at the first record (<c>diff0</c>).</summary>
    [Fact]
    public void Sliding_windows_without_length_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SlidingWindows.Of(TimeSpan.Zero, TimeSpan.Zero));

    [Fact]
    public void C33_window_that_never_ends_has_no_final_result()
    {
        var group = new StreamsBuilder().Stream<string, string>("in").GroupByKey();
        var error = Assert.Throws<ArgumentException>(
            () => group.WindowedBy(UnlimitedWindows.Of()).EmitStrategy(EmitStrategy.OnWindowClose));
        Assert.Contains("never close", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Window_that_never_ends_takes_the_last_moment_there_is()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(UnlimitedWindows.Of()).Count()
            .ToStream(r => r.Key.Key).MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "x", long.MaxValue);
        harness.Pipe("in", "k", "x", 0);

        Assert.Equal($"k=1@{long.MaxValue} k=2@{long.MaxValue}", harness.Read("out"));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(25)]
    public void Retention_too_short_for_the_windows_is_refused(int retention)
    {
        var group = new StreamsBuilder().Stream<string, string>("in").GroupByKey();
        var kept = new Materialized<string, long> { Name = "s", Retention = TimeSpan.FromMilliseconds(retention) };

        var sliding = Assert.Throws<ArgumentException>(
            () => group.WindowedBy(SlidingWindows.Of(Ms10, TimeSpan.FromMilliseconds(6))).Count(kept));
        Assert.Contains("twice the difference plus grace of its windows, 26 ms", sliding.Message, StringComparison.Ordinal);
        if (retention == 14)
        {
            var session = Assert.Throws<ArgumentException>(
                () => group.WindowedBy(SessionWindows.Of(Ms10, TimeSpan.FromMilliseconds(5))).Count(kept));
            Assert.Contains("gap plus grace of its sessions, 15 ms", session.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(
                () => group.WindowedBy(TumblingWindows.Of(Ms10, TimeSpan.FromMilliseconds(5))).Count(kept));
        }
    }

    /// <summary>What a window begins with must not be the object that another one goes on to change.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10_000_000)]
    public void Sliding_windows_do_not_share_what_an_aggregator_changes_in_place(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new StreamFlow.Serialization.JsonSerde<List<string>>(TextLists.Default.ListString));
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(SlidingWindows.Of(Ms10, TimeSpan.FromMilliseconds(50)))
            .Aggregate(() => new List<string>(), (_, v, all) =>
            {
                all.Add(v);
                return all;
            })
            .ToStream(r => $"{r.Key.Key}{r.Key.Window.Start}").MapValues(all => string.Concat(all)).To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        foreach (var (value, time) in new[] { ("1", 10), ("2", 20), ("3", 22), ("4", 15) })
        {
            harness.Process("in", "A"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(value), time);
        }

        harness.Commit();
        harness.ReadBack();
        var last = harness.Take("out").GroupBy(r => System.Text.Encoding.UTF8.GetString(r.Key!))
            .Select(g => g.Key + "=" + System.Text.Encoding.UTF8.GetString(g.Last().Value!));
        Assert.Equal(
            "A0=1 A10=124 A11=24 A12=234 A16=23 A21=3 A5=14", string.Join(' ', last.Order(StringComparer.Ordinal)));
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(List<string>))]
internal sealed partial class TextLists : System.Text.Json.Serialization.JsonSerializerContext;
