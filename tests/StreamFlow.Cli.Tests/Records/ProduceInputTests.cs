using System.Text;
using System.Text.Json;
using StreamFlow.Broker;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests.Records;

/// <summary>Input of all kinds: what stands before something wrong is sent, and nothing is changed or dropped in silence.</summary>
public sealed class ProduceInputTests : IAsyncLifetime
{
    private EmbeddedBroker _broker = null!;

    public async Task InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    [Fact]
    public async Task Lines_before_one_that_is_wrong_are_sent()
    {
        Outcome outcome = await ProduceAsync("a:1\nb:2\nwrong\nc:3\n"u8.ToArray(), "-K", ":");

        Assert.Contains("Line 3 has no ':'", outcome.Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Equal("1\n2\n", await ReadAsync());
    }

    [Fact]
    public async Task Records_before_one_for_a_partition_that_is_not_there_are_sent()
    {
        Outcome outcome = await ProduceAsync("""
            {"value":"1"}
            {"value":"2","partition":7}
            """u8.ToArray(), "--json-input");

        Assert.Contains("partition 7 of topic 't'", outcome.Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Equal("1\n", await ReadAsync());
    }

    [Fact]
    public async Task A_record_that_fits_by_itself_is_not_refused_because_of_those_before_it()
    {
        string small = new('s', 50_000), large = new('l', 1_040_000);

        (await ProduceAsync(Encoding.UTF8.GetBytes($"{small}\n{large}\n{small}\n"))).Succeeded();

        Assert.Equal([50_000, 1_040_000, 50_000], (await ReadAsync()).TrimEnd('\n').Split('\n').Select(static line => line.Length));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused_with_the_remedy_and_not_replaced()
    {
        Outcome outcome = await ProduceAsync([.. "fine\n"u8, 0xC3, 0x28, (byte)'\n']);

        Assert.Contains("The input is not UTF-8 somewhere behind line ", outcome.Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.DoesNotContain("\uFFFD", await ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_without_a_value_deletes_nothing()
    {
        Outcome outcome = await ProduceAsync("""{"key":"k","vlaue":"x"}"""u8.ToArray(), "--json-input");

        Assert.Contains("Line 1 has no \"value\"; give one, or null to delete its key", outcome.Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Equal("", await ReadAsync());
        (await ProduceAsync("""{"key":"k","value":null}"""u8.ToArray(), "--json-input")).Succeeded();
        Assert.Equal("(deleted)\n", await ReadAsync());
    }

    [Fact]
    public async Task Empty_lines_long_keys_and_headers_with_odd_text_come_back_as_they_were()
    {
        (await ProduceAsync("\n:\n\u00e4\u4e2d\ud83d\ude00:a:b\n"u8.ToArray(), "--header", "h==", "--header", "h=2")).Succeeded();

        List<JsonElement> records = [.. (await ReadAsync("--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["", ":", "\u00e4\u4e2d\ud83d\ude00:a:b"], records.Select(static r => r.GetProperty("value").GetString()));
        Assert.Equal([("h", "="), ("h", "2")], records[0].GetProperty("headers").EnumerateObject().Select(static h => (h.Name, h.Value.GetString()!)));
    }

    [Fact]
    public async Task Any_time_that_a_record_may_have_can_be_shown_and_asked_for()
    {
        (await ProduceAsync("""
            {"value":"old","timestamp":-9000000000000000}
            {"value":"new"}
            """u8.ToArray(), "--json-input")).Succeeded();

        Assert.StartsWith("-9000000000000000\told\n", await ReadAsync("--timestamps"), StringComparison.Ordinal);
        Assert.Equal("new\n", (await Support.Cli.RunAsync("consume", "t", "-e", "--from-time", "1969-12-31T23:59:59.999Z", "-b", _broker.BootstrapServers)).Succeeded());
    }

    private Task<Outcome> ProduceAsync(byte[] input, params string[] more) =>
        Support.Cli.RunAsync(new Setting { Input = input }, ["produce", "t", .. more, "-b", _broker.BootstrapServers]);

    private async Task<string> ReadAsync(params string[] more) =>
        (await Support.Cli.RunAsync(["consume", "t", "-e", "--from-beginning", .. more, "-b", _broker.BootstrapServers])).Succeeded();
}
