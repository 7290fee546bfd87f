using System.Globalization;
using CsCheck;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.Testing;
using StreamFlow.Tests.Records;

namespace StreamFlow.Tests.Processing;

/// <summary>Punctuations by the rules of Kafka Streams, whose test driver gave the expected times.</summary>
public sealed class PunctuationTests : IDisposable
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch;
    private readonly List<long> _calls = [];
    private TopologyTestDriver? _driver;

    public void Dispose() => _driver?.Dispose();

    [Fact]
    public void Stream_time_comes_with_the_first_record_and_then_at_multiples_of_the_interval()
    {
        Run(hook => hook.Schedule(PunctuationType.StreamTime, 10, _calls.Add));
        Assert.Empty(_calls);

        Pipe(42, 42, 51, 52, 61, 65, 71, 72, 95, 101, 102);

        Assert.Equal([42, 51, 61, 71, 95, 101], _calls);
    }

    [Fact]
    public void Wall_clock_comes_when_the_interval_is_over_and_once_however_many_were_missed()
    {
        Run(hook => hook.Schedule(PunctuationType.WallClockTime, 10, _calls.Add));

        Advance(5, 9, 1, 20, 5);

        Assert.Equal([14, 35, 40], _calls);
    }

    [Theory]
    [InlineData(0, new long[] { 7, 12, 25, 31 })]
    [InlineData(25, new long[] { 25, 38 })]
    public void Anchored_stream_time_comes_at_the_start_and_its_multiples(long start, long[] expected)
    {
        Run(hook => hook.Schedule(PunctuationType.StreamTime, 10, _calls.Add, start));

        Pipe(7, 12, 14, 25, 31, 34, 38);

        Assert.Equal(expected, _calls);
    }

    [Fact]
    public void Anchored_stream_time_that_is_past_comes_at_the_next_multiple()
    {
        Run(_ => { }, (hook, record) =>
        {
            if (record.Value == "20")
            {
                hook.Schedule(PunctuationType.StreamTime, 10, _calls.Add, start: 0);
            }
        });

        Pipe(20, 21, 29, 30, 31);

        Assert.Equal([30], _calls);
    }

    [Theory]
    [InlineData(0, new long[] { 1010, 1020, 1030 })]
    [InlineData(1005, new long[] { 1006, 1015, 1025 })]
    [InlineData(1018, new long[] { 1018, 1028 })]
    public void Anchored_wall_clock_comes_at_the_start_and_its_multiples(long start, long[] expected)
    {
        Run(hook => hook.Schedule(PunctuationType.WallClockTime, 10, _calls.Add, start), begin: 1005);

        Advance([.. Enumerable.Repeat(1, 25)]);

        Assert.Equal(expected, _calls);
    }

    [Fact]
    public void A_call_may_cancel_itself()
    {
        Punctuation? punctuation = null;
        Run(hook => punctuation = hook.Schedule(PunctuationType.WallClockTime, 10, now =>
        {
            _calls.Add(now);
            if (_calls.Count == 3)
            {
                punctuation!.Cancel();
            }
        }));

        Advance(10, 10, 10, 10, 10);

        Assert.Equal([10, 20, 30], _calls);
    }

    [Fact]
    public void A_cancelled_punctuation_is_not_called()
    {
        Punctuation? punctuation = null;
        Run(hook => punctuation = hook.Schedule(PunctuationType.WallClockTime, 10, _calls.Add));
        Advance(10);
        punctuation!.Cancel();

        Advance(10, 10);

        Assert.Equal([10], _calls);
    }

    /// <summary>With a cache a count goes out at a commit only, so that one must have followed.</summary>
    [Fact]
    public void What_a_punctuation_forwards_is_committed_without_a_record()
    {
        Run(hook => hook.Schedule(PunctuationType.WallClockTime, 10, now => hook.Forward("tick", "v", now)));

        Advance(10, 10);

        var counts = _driver!.CreateOutputTopic("counts", Serdes.String, Serdes.Int64).ReadAll();
        Assert.Equal([("tick", 1L, 10L), ("tick", 2L, 20L)], counts.Select(c => (c.Key, c.Value, c.Timestamp)));
    }

    [Fact]
    public void During_a_punctuation_there_is_no_input_record()
    {
        (string, int, long, bool)? seen = null;
        Run(hook => hook.Schedule(PunctuationType.StreamTime, 10, _ =>
        {
            var record = hook.Task.Record;
            seen = (record.Topic, record.Partition, record.Offset, record.Raw is null);
        }));

        Pipe(5);

        Assert.Equal((string.Empty, -1, -1L, true), seen);
    }

    [Fact]
    public void A_call_that_throws_is_asked_about_and_comes_again()
    {
        ErrorContext? asked = null;
        Run(hook => hook.Schedule(PunctuationType.WallClockTime, 10, now =>
        {
            _calls.Add(now);
            throw new FormatException("tick");
        }), handler: (in ErrorContext error) =>
        {
            asked = error;
            return ErrorResponse.Continue;
        });

        Advance(10, 10);

        Assert.Equal([10, 20], _calls);
        Assert.Equal((ErrorStage.Processing, "hook", -1L), (asked!.Value.Stage, asked.Value.Operator, asked.Value.Offset));
        Assert.Null(asked.Value.Record);
        Assert.Equal(2, _driver!.Metrics.DroppedRecords[DropReason.Processing]);
    }

    [Fact]
    public void A_call_that_throws_ends_the_thread_when_the_handler_says_so()
    {
        Run(hook => hook.Schedule(PunctuationType.WallClockTime, 10, _ => throw new FormatException("tick")));

        var error = Assert.Throws<RecordFailedException>(() => Advance(10));

        Assert.Contains("hook failed in Processing", error.Message, StringComparison.Ordinal);
        Assert.IsType<FormatException>(error.InnerException);
    }

    [Fact]
    public void Several_that_are_due_come_in_the_order_of_their_times()
    {
        Run(hook =>
        {
            hook.Schedule(PunctuationType.WallClockTime, 30, _ => _calls.Add(30));
            hook.Schedule(PunctuationType.WallClockTime, 10, _ => _calls.Add(10));
            hook.Schedule(PunctuationType.WallClockTime, 20, _ => _calls.Add(20));
        });

        Advance(35);

        Assert.Equal([10, 20, 30], _calls);
    }

    [Fact]
    public void At_the_end_of_time_a_call_comes_once_and_none_after_it()
    {
        Run(hook =>
        {
            hook.Schedule(PunctuationType.StreamTime, 10, _calls.Add);
            hook.Schedule(PunctuationType.StreamTime, 1, _calls.Add, start: 1);
        });

        Pipe(5, long.MaxValue - 2, long.MaxValue, long.MaxValue);

        Assert.Equal(
            [5, 5, long.MaxValue - 2, long.MaxValue - 2, long.MaxValue],
            _calls);
    }

    [Fact]
    public void A_grid_goes_on_exactly_until_the_end_of_time() =>
        Gen.Select(EventTimes.Valid, EventTimes.Valid, EventTimes.Lengths).Sample((point, now, interval) =>
        {
            var expected = now < point ? point : now - ((now - point) % interval) + (Int128)interval;
            var any = new Punctuation(null!, interval, _ => { }).TryNext(point, now, out var next);
            Assert.Equal(expected <= long.MaxValue, any);
            Assert.Equal(any ? (long)expected : long.MaxValue, next);
        });

    [Fact]
    public void An_interval_below_a_millisecond_and_a_start_before_1970_are_refused()
    {
        Run(hook =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                "interval", () => hook.Schedule(PunctuationType.WallClockTime, 0, _calls.Add));
            Assert.Throws<ArgumentOutOfRangeException>(
                "start", () => hook.Schedule(PunctuationType.WallClockTime, 10, _calls.Add, start: -1));
        });
    }

    [Fact]
    public void Tasks_that_schedule_nothing_have_nothing_to_look_at()
    {
        TaskContext? task = null;
        Run(hook => task = hook.Task);

        Pipe(1, 2);

        Assert.Null(task!.Punctuations);
    }

    private void Run(
        Action<HookProcessor> init, Action<HookProcessor, Record<string, string>>? each = null, ErrorHandler? handler = null,
        long begin = 0)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Hook(init, each).GroupByKey().Count().ToStream().To("counts");
        var options = new TopologyTestDriverOptions { StartTime = Epoch.AddMilliseconds(begin) };
        if (handler is not null)
        {
            options.Application.ProcessingErrorHandler = handler;
        }

        _driver = new TopologyTestDriver(builder.Build(), options);
    }

    private void Pipe(params long[] timestamps)
    {
        var input = _driver!.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var timestamp in timestamps)
        {
            input.Pipe("k", timestamp.ToString(CultureInfo.InvariantCulture), timestamp);
        }
    }

    private void Advance(params int[] milliseconds)
    {
        foreach (var by in milliseconds)
        {
            _driver!.AdvanceWallClock(TimeSpan.FromMilliseconds(by));
        }
    }
}
