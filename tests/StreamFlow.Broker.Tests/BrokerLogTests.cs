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
    public void What_an_exception_says_makes_no_line_of_its_own_either()
    {
        IOException thrown = new("The topic 'a\nwarn: forged' is gone", new IOException("b\r\nwarn: forged, too"));
        BrokerMessages.NotClosed(new BrokerLog(_lines, _clock), thrown, "a part");

        string line = Assert.Single(_lines);
        Assert.Contains("System.IO.IOException: The topic 'a\\u000awarn: forged' is gone", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line.Split('\n'), static x => x.StartsWith("warn", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_that_clients_send_make_no_line_of_their_own()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            LoggerFactory = _lines.Factory, MaxGroups = 1, MaxTransactionalIds = 1, Topics = [new BrokerTopic("t")],
        });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        const string Forged = "x\nwarn: forged\u001b[2J";
        await client.CallAsync("Metadata", 8, Requests.Metadata(Forged));
        await client.SendRawAsync(Limits.Attacker.FrameOf(Forged, "JoinGroup", 3, GroupRequests.Join(group: Forged)));
        await client.ReceiveFrameAsync();
        await client.CallAsync("JoinGroup", 3, GroupRequests.Join(group: $"{Forged}2"));
        for (int i = 0; i < 2; i++)
        {
            await client.CallAsync("InitProducerId", 1, new WireStruct
            {
                ["transactional_id"] = $"{Forged}{i}", ["transaction_timeout_ms"] = 10_000,
            });
        }

        await client.SendAsync("Produce", 8, Requests.Produce(Forged, 0, TestBatch.Build("x"), acks: 0));
        Assert.Null(await client.ReceiveFrameAsync());
        Assert.Contains(_lines, static line => line.Contains("forged", StringComparison.Ordinal));
        Assert.All(_lines, static line => Assert.DoesNotContain(line, char.IsControl));
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
