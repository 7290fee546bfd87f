using CsCheck;
using StreamFlow.Tests.Records;
using static StreamFlow.Tests.Records.EventTimes;

namespace StreamFlow.Tests.Dsl;

/// <summary>Windows at the first and the last times there are, against whole numbers that do not end there.</summary>
public sealed class WindowsAtTheEndsTests
{
    private const long End = long.MaxValue;

    [Fact]
    public void A_time_lies_in_one_tumbling_window_also_at_the_ends() =>
        Gen.Select(Valid, Lengths).Sample((time, size) =>
            Assert.Equal(Expected(time, size, size), Walk(TumblingWindows.Of(Milliseconds(size), TimeSpan.Zero), time)));

    [Fact]
    public void A_time_lies_in_as_many_hopping_windows_as_there_are_also_at_the_ends() =>
        Gen.Select(Valid, Lengths, Gen.Long[1, 50]).Sample((time, size, parts) =>
        {
            var advance = Math.Max(1, size / parts);
            var windows = HoppingWindows.Of(Milliseconds(size), Milliseconds(advance), TimeSpan.Zero);
            Assert.Equal(Expected(time, size, advance), Walk(windows, time));
        });

    [Fact]
    public void The_window_that_starts_at_a_time_is_the_one_it_was_made_as() =>
        Gen.Select(Valid, Lengths).Sample((time, size) =>
            Walk(HoppingWindows.Of(Milliseconds(size), Milliseconds(Math.Max(1, size / 3)), TimeSpan.Zero), time).ForEach(window =>
                Assert.Equal(window, TumblingWindows.Of(Milliseconds(size), TimeSpan.Zero).WindowAt(window.Start))));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_time_before_1970_is_in_no_window(long grace)
    {
        var windows = TumblingWindows.Of(Milliseconds(10), Milliseconds(grace));

        foreach (var time in new[] { -1, -10, long.MinValue, long.MinValue + 1 })
        {
            Assert.Throws<InvalidOperationException>(() => windows.First(time));
            Assert.Throws<InvalidOperationException>(
                () => HoppingWindows.Of(Milliseconds(10), Milliseconds(3), Milliseconds(grace)).First(time));
        }
    }

    /// <summary>What an extractor of a "valid for ever" field returns: an endless loop once, or a count in two windows.</summary>
    [Theory]
    [InlineData(10, 10, 0)]
    [InlineData(10, 10, 1000)]
    [InlineData(7, 7, 0)]
    [InlineData(10, 3, 5)]
    [InlineData(1, 1, 0)]
    public void A_record_at_the_end_of_time_is_counted_in_the_windows_that_end_there(long size, long advance, long grace)
    {
        TimeWindows windows = size == advance
            ? TumblingWindows.Of(Milliseconds(size), Milliseconds(grace))
            : HoppingWindows.Of(Milliseconds(size), Milliseconds(advance), Milliseconds(grace));
        var harness = new TaskHarness(Counted(windows));

        harness.Pipe("in", "k", "v", End);
        harness.Pipe("in", "k", "v", End);

        var expected = Walk(windows, End).SelectMany(w => new[] { 1, 2 }.Select(n => $"[k@{w.Start}/{w.End}]={n}@{End}")).Order();
        Assert.Equal(expected, harness.Read("out").Split(' ').Order());
        Assert.Equal(0, harness.Dropped);
    }

    [Fact]
    public void A_record_is_late_where_its_window_has_closed_and_counted_where_not_over_the_whole_range() =>
        Gen.Select(Gen.Select(Valid, Valid).Array[1, 4], Lengths, Gen.OneOf(Gen.Const(0L), Lengths)).Sample((pairs, size, grace) =>
        {
            var windows = TumblingWindows.Of(Milliseconds(size), Milliseconds(grace));
            var harness = new TaskHarness(Counted(windows));
            var (streamTime, late, counted) = (-1L, 0L, 0);
            foreach (var time in pairs.SelectMany(p => new[] { p.Item1, p.Item2 }))
            {
                streamTime = Math.Max(streamTime, time);
                var end = ((Int128)time / size * size) + size;
                var closed = end <= End && end + grace <= streamTime;
                (late, counted) = closed ? (late + 1, counted) : (late, counted + 1);
                harness.Pipe("in", "k", "v", time);
            }

            Assert.Equal(late, harness.DroppedBy(DropReason.Late));
            Assert.Equal(counted, harness.Read("out").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        }, iter: 2_000);

    /// <summary>The calendar of the days of a time zone ends with the year 9999.</summary>
    [Fact]
    public void A_time_that_windows_of_ones_own_have_no_window_for_is_asked_about_and_makes_no_other_record_late()
    {
        var asked = new List<string>();
        ErrorResponse Handle(in ErrorContext error)
        {
            asked.Add($"{error.Stage} of {error.Operator}");
            return ErrorResponse.Continue;
        }

        var harness = new TaskHarness(Counted(new UtcDays()), Handle);

        harness.Pipe("in", "k", "v", 5);
        harness.Pipe("in", "k", "v", End);
        harness.Pipe("in", "k", "v", 6);

        Assert.Single(asked, a => a.StartsWith("Processing of ", StringComparison.Ordinal));
        Assert.Equal("[k@0/86400000]=1@5 [k@0/86400000]=2@6", harness.Read("out"));
        Assert.Equal(0, harness.DroppedBy(DropReason.Late));
    }

    [Fact]
    public void Windows_of_ones_own_may_say_that_there_is_no_next_one_and_must_not_end_before_they_begin()
    {
        var asked = new List<string>();
        ErrorResponse Handle(in ErrorContext error)
        {
            asked.Add(error.Exception.Message);
            return ErrorResponse.Continue;
        }

        var last = new TaskHarness(Counted(new OneWindow(new Window(End - 5, End))), Handle);
        last.Pipe("in", "k", "v", End);
        Assert.Equal($"[k@{End - 5}/{End}]=1@{End}", last.Read("out"));
        Assert.Empty(asked);

        new TaskHarness(Counted(new OneWindow(new Window(10, 5))), Handle).Pipe("in", "k", "v", 12);
        Assert.Contains("from 10 to 5, which ends before it begins", Assert.Single(asked), StringComparison.Ordinal);
    }

    [Fact]
    public void A_retention_is_compared_with_size_and_grace_however_long_they_are()
    {
        var longest = TimeSpan.FromDays(10_000_000);
        var stream = new StreamsBuilder().Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(longest, longest));

        var error = Assert.Throws<ArgumentException>(() => stream.Count(new() { Name = "c", Retention = TimeSpan.FromDays(1) }));

        Assert.Contains("less than size plus grace", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The windows of a time, as an operator goes through them.</summary>
    private static List<Window> Walk(TimeWindows windows, long time)
    {
        var window = windows.First(time);
        var all = new List<Window> { window };
        while (windows.TryNext(time, ref window))
        {
            all.Add(window);
        }

        return all;
    }

    private static List<Window> Expected(long time, long size, long advance)
    {
        var all = new List<Window>();
        for (var start = (Int128)time / advance * advance; start >= 0 && start + size > time; start -= advance)
        {
            all.Insert(0, new Window((long)start, (long)Int128.Min(start + size, End)));
        }

        return all;
    }

    private static Topology Counted(TimeWindows windows)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows).Count()
            .ToStream((window, _) => window.ToString()).MapValues(count => $"{count}").To("out");
        return builder.Build();
    }

    private sealed record UtcDays() : TimeWindows(TimeSpan.FromDays(1), TimeSpan.Zero)
    {
        public override Window FirstWindow(long timestamp) =>
            WindowAt(new DateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(timestamp).Date, TimeSpan.Zero).ToUnixTimeMilliseconds());

        public override Window NextWindow(Window window) => WindowAt(window.End);

        public override Window WindowAt(long start) => new(start, start + 86_400_000);
    }

    private sealed record OneWindow(Window Only) : TimeWindows(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)
    {
        public override Window FirstWindow(long timestamp) => Only;

        public override Window NextWindow(Window window) => Only;

        public override Window WindowAt(long start) => Only;
    }
}
