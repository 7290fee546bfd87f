using CsCheck;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Records;

public sealed class EventTimeTests
{
    [Fact]
    public void Sums_and_differences_are_exact_or_stay_at_the_end_they_would_lie_beyond() =>
        Gen.Select(EventTimes.All, EventTimes.All).Sample((a, b) =>
            EventTime.Add(a, b) == Clamp((Int128)a + b) && EventTime.Subtract(a, b) == Clamp((Int128)a - b));

    [Fact]
    public void There_is_room_where_the_sum_is_exact() =>
        Gen.Select(EventTimes.All, EventTimes.Lengths).Sample((time, length) =>
            EventTime.HasRoom(time, length) == ((Int128)time + length <= long.MaxValue));

    [Fact]
    public void Points_in_time_are_exact_or_the_first_or_last_of_the_calendar() =>
        EventTimes.All.Sample(time =>
        {
            var moment = EventTime.Moment(time);
            return time < -62_135_596_800_000 ? moment == DateTimeOffset.MinValue
                : time > EventTimes.EndOfCalendar ? moment.UtcTicks / 10_000 == DateTimeOffset.MaxValue.UtcTicks / 10_000
                : moment.ToUnixTimeMilliseconds() == time;
        });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 50_000)]
    [InlineData(922_337_203_685_476, 9_223_372_036_854_760_000)]
    [InlineData(922_337_203_685_477, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void A_length_that_no_time_span_holds_is_the_longest(long milliseconds, long ticks) =>
        Assert.Equal(ticks, EventTime.Length(milliseconds).Ticks);

    [Fact]
    public void A_window_is_shown_and_printed_and_written_as_json_wherever_it_lies() =>
        Gen.Select(EventTimes.All, EventTimes.All).Sample((start, end) =>
        {
            var window = new Window(start, end);
            var json = new JsonSerde<Window>();
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            json.Serialize(window, buffer);
            Assert.Equal(window, json.Deserialize(buffer.WrittenSpan));
            Assert.NotEmpty(window.ToString());
            Assert.Equal($"[k@{start}/{end}]", new Windowed<string>("k", window).ToString());
        });

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000")]
    [InlineData(-1, "1969-12-31T23:59:59.999")]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000")]
    [InlineData(EventTimes.EndOfCalendar, "9999-12-31T23:59:59.999")]
    [InlineData(EventTimes.EndOfCalendar + 1, "9999-12-31T23:59:59.999")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999")]
    public void Start_and_end_of_a_window_stay_in_the_calendar(long time, string expected)
    {
        var window = new Window(time, time);

        Assert.Equal(expected, window.StartTime.ToString("yyyy-MM-ddTHH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(window.StartTime, window.EndTime);
    }

    private static long Clamp(Int128 time) => (long)Int128.Clamp(time, long.MinValue, long.MaxValue);
}
