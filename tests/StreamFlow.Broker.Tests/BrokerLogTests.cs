using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

public sealed class BrokerLogTests
{
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly LogLines _lines = new();

    [Fact]
    public void A_log_that_throws_is_counted_and_nothing_else()
    {
        _lines.Logged = _ => throw new IOException("no space left for the log");
        BrokerLog log = new(_lines, _clock);

        BrokerMessages.TemporaryRemains(log, "first", "in use");
        BrokerMessages.TemporaryRemains(log, "second", "in use");

        Assert.Equal(2, log.Failures);
    }

    [Theory]
    [InlineData("a\nb", "a\\u000ab")]
    [InlineData("a\r\tb", "a\\u000d\\u0009b")]
    [InlineData("\u001b[2Jgone", "\\u001b[2Jgone")]
    [InlineData("x\u2028y\u202ez", "x\\u2028y\\u202ez")]
    [InlineData("\u0085\u009b", "\\u0085\\u009b")]
    [InlineData("orders-\u00e4", "orders-\u00e4")]
    public void A_name_from_a_client_makes_no_line_of_its_own(string name, string written)
    {
        BrokerMessages.TemporaryRemains(new BrokerLog(_lines, _clock), name, "in use");

        Assert.Equal($"Could not delete the temporary directory '{written}': in use [SF6002]", Assert.Single(_lines));
    }

    [Fact]
    public void A_message_that_comes_again_and_again_is_counted_after_the_first_hundred_of_a_minute()
    {
        BrokerLog log = new(_lines, _clock);
        for (int i = 0; i < BrokerLog.Burst + 50; i++)
        {
            BrokerMessages.TemporaryRemains(log, $"d{i}", "in use");
        }

        Assert.Equal(BrokerLog.Burst, _lines.Count);
        log.WriteHeld();
        Assert.Equal(BrokerLog.Burst, _lines.Count);
        _clock.Advance(RepeatedLog.Interval);
        log.WriteHeld();
        Assert.Equal(
            "Could not delete the temporary directory 'd149': in use (50 such messages since the last one) [SF6002]", _lines.Last());
        BrokerMessages.NotClosed(log, new IOException("other kinds are written"), "store");
        Assert.Equal(BrokerLog.Burst + 2, _lines.Count);
        _clock.Advance(RepeatedLog.Interval);
        BrokerMessages.TemporaryRemains(log, "again", "in use");
        Assert.Equal(BrokerLog.Burst + 3, _lines.Count);
    }

    [Fact]
    public void A_level_that_nobody_wants_is_not_even_formatted()
    {
        LogLines errors = new(LogLevel.Error);
        BrokerLog log = new(errors, _clock);

        log.Log(LogLevel.Warning, new EventId(1), 0, null, (_, _) => throw new InvalidOperationException("formatted"));
        log.WriteHeld(all: true);

        Assert.Empty(errors);
        Assert.Equal(0, log.Failures);
    }
}
