using StreamFlow.Testing;
using StreamFlow.Serialization;
using System.Globalization;

namespace StreamFlow.Tests.Dsl;

public sealed class TimeWindowsTests
{
    [Fact]
    public void The_longest_time_span_means_without_end()
    {
        var (end, longest) = (TimeSpan.MaxValue, TimeSpan.FromMilliseconds(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond));

        Assert.Equal((longest, longest), (TumblingWindows.Of(end, end).Size, TumblingWindows.Of(end, end).Grace));
        Assert.Equal((longest, longest), (SessionWindows.Of(end, end).Gap, SlidingWindows.Of(end, end).Difference));
        Assert.Equal((longest, longest), (JoinWindows.Of(end, end).Before, JoinWindows.Of(end, end).Grace));
    }

    [Fact]
    public void A_session_without_end_takes_all_records()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(SessionWindows.Of(TimeSpan.MaxValue, TimeSpan.MaxValue)).Count()
            .ToStream(record => record.Key.Window.End).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var time in new[] { 1_700_000_000_000, 0, 4_000_000_000_000 })
        {
            input.Pipe("k", "v", time);
        }

        Assert.Equal(3, driver.CreateOutputTopic("out", Serdes.Int64, Serdes.Int64).ReadAll()[^1].Value);
    }

    [Fact]
    public void Tumbling_and_hopping_windows_are_time_windows_and_serve_one_operator()
    {
        TimeWindows[] all =
        [
            TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(3)),
            HoppingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5), TimeSpan.Zero),
        ];

        Assert.Equal("[k@10/20]=1@12", Count(all[0], 12));
        Assert.Equal("[k@5/15]=1@12 [k@10/20]=1@12", Count(all[1], 12));
        Assert.Equal(["10 3", "10 0"], all.Select(w => string.Create(
            CultureInfo.InvariantCulture, $"{w.Size.TotalMilliseconds} {w.Grace.TotalMilliseconds}")));
        Assert.Equal(TumblingWindows.Of(all[0].Size, all[0].Grace), all[0]);
    }

    [Fact]
    public void Days_of_a_time_zone_are_windows_of_different_lengths()
    {
        // In Berlin the 29th of March 2026 has 23 hours.
        var days = new LocalDays(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        var midnight = new DateTimeOffset(2026, 3, 29, 0, 0, 0, TimeSpan.FromHours(1)).ToUnixTimeMilliseconds();
        var next = midnight + (23 * 3_600_000L);

        Assert.Equal($"[k@{midnight}/{next}]=1@{next - 1}", Count(days, next - 1));
        Assert.Equal($"[k@{next}/{next + (24 * 3_600_000L)}]=1@{next}", Count(days, next));
        Assert.Equal($"[k@{midnight}/{next}]=1@{midnight}", Count(days, midnight, cacheBytes: 1_000_000));
        Assert.Equal("[k@0/82800000]=1@0", Count(days, 0));
    }

    [Theory]
    [InlineData(20, 30, 20, "FirstWindow(12)")]
    [InlineData(0, 10, 20, "FirstWindow(12)")]
    [InlineData(10, 20, 10, "NextWindow")]
    [InlineData(-1, 15, 20, "starts before 1970")]
    [InlineData(5, 16, 20, "longer than the size of 10 ms")]
    public void Windows_that_a_time_does_not_lie_in_or_that_do_not_go_on_are_refused(long start, long end, long next, string named)
    {
        var errors = new List<string>();
        ErrorResponse Handle(in ErrorContext error)
        {
            errors.Add(error.Exception.Message);
            return ErrorResponse.Continue;
        }

        var harness = new TaskHarness(Counted(new FixedWindows(new Window(start, end), next)), Handle);

        harness.Pipe("in", "k", "v", 12);

        Assert.Contains(named, Assert.Single(errors), StringComparison.Ordinal);
        Assert.Contains(nameof(FixedWindows), errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Times_are_told_in_their_units_and_a_retention_with_its_store()
    {
        var stream = new StreamsBuilder().Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30)));

        var retention = Assert.Throws<ArgumentException>(() => stream.Count(new() { Name = "clicks", Retention = TimeSpan.FromMilliseconds(14) }));
        var size = Assert.Throws<ArgumentOutOfRangeException>(() => TumblingWindows.Of(TimeSpan.FromSeconds(-5), TimeSpan.Zero));
        var fraction = Assert.Throws<ArgumentException>(() => TumblingWindows.Of(TimeSpan.FromTicks(15_000), TimeSpan.Zero));
        var advance = Assert.Throws<ArgumentOutOfRangeException>(
            () => HoppingWindows.Of(TimeSpan.FromHours(1), TimeSpan.FromHours(26), TimeSpan.Zero));

        Assert.Contains("store 'clicks' is 14 ms", retention.Message, StringComparison.Ordinal);
        Assert.Contains("1 min 30 s", retention.Message, StringComparison.Ordinal);
        Assert.Contains("size is -5 s; give 1 ms or more", size.Message, StringComparison.Ordinal);
        Assert.Contains("1.5 ms is not a whole number", fraction.Message, StringComparison.Ordinal);
        Assert.Contains("advance is 1 d 2 h, more than the size of 1 h", advance.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 ms")]
    [InlineData(140_000, "14 ms")]
    [InlineData(1, "0.0001 ms")]
    [InlineData(-10_000_000, "-1 s")]
    [InlineData(863_999_999_999, "23 h 59 min 59 s 999.9999 ms")]
    [InlineData(864_000_000_000, "1 d")]
    [InlineData(long.MinValue, "-10675199 d 2 h 48 min 5 s 477.5808 ms")]
    public void Duration_is_printed_without_units_that_are_zero(long ticks, string text) =>
        Assert.Equal(text, Durations.Text(TimeSpan.FromTicks(ticks)));

    private static string Count(TimeWindows windows, long timestamp, long cacheBytes = 0)
    {
        var harness = new TaskHarness(Counted(windows), cacheBytes: cacheBytes);
        harness.Pipe("in", "k", "v", timestamp);
        return harness.Read("out");
    }

    private static Topology Counted(TimeWindows windows)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows).Count()
            .ToStream((window, _) => window.ToString()).MapValues(count => $"{count}").To("out");
        return builder.Build();
    }

    // As in the documentation of TimeWindows.
    private sealed record LocalDays(TimeZoneInfo Zone) : TimeWindows(TimeSpan.FromHours(25), TimeSpan.FromHours(1))
    {
        public override Window FirstWindow(long timestamp) => Day(TimeZoneInfo.ConvertTime(
            DateTimeOffset.FromUnixTimeMilliseconds(timestamp), Zone).Date);

        public override Window NextWindow(Window window) => FirstWindow(window.End);

        public override Window WindowAt(long start) => FirstWindow(start);

        private Window Day(DateTime date) => new(Math.Max(0, Midnight(date)), Midnight(date.AddDays(1)));

        private long Midnight(DateTime date) => new DateTimeOffset(date, Zone.GetUtcOffset(date)).ToUnixTimeMilliseconds();
    }

    private sealed record FixedWindows(Window Only, long Then) : TimeWindows(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)
    {
        public override Window FirstWindow(long timestamp) => Only;

        public override Window NextWindow(Window window) => new(Then, Then + 10);

        public override Window WindowAt(long start) => new(start, start + 10);
    }
}
