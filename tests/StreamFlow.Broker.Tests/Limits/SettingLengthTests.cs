using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>Names and values of settings are no longer than a string of any version of a message may be, so that what is kept can be shown.</summary>
public sealed class SettingLengthTests : IAsyncLifetime
{
    private const int InvalidConfig = 40;
    private const int Topic = 2;
    private const int Broker = 4;
    private const int Logger = 8;
    private const int ClientMetrics = 16;
    private const int Group = 32;
    private const int Set = 0;
    private const int Append = 2;
    private const int Most = 32_767;
    private const string Throttled = "leader.replication.throttled.replicas";
    private EmbeddedBroker _broker = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        _client = await RawClient.ConnectAsync(_broker.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(Topic, "t", "retention.ms")]
    [InlineData(Broker, "", "log.retention.ms")]
    [InlineData(Group, "g", "consumer.session.timeout.ms")]
    [InlineData(ClientMetrics, "m", "interval.ms")]
    public async Task The_longest_value_is_taken_and_shown_in_every_version_and_a_longer_one_refused(
        int kind, string resource, string setting)
    {
        string longest = "50000".PadLeft(Most, '0');
        Assert.Equal(0, (await AlterAsync(1, kind, resource, setting, longest)).Number("error_code"));
        WireStruct refused = await AlterAsync(1, kind, resource, setting, "0" + longest);
        Assert.Equal(InvalidConfig, refused.Number("error_code"));
        Assert.Equal(
            $"The value of {Word(kind)} config '{setting}' has {Most + 1} bytes; use at most {Most}.", refused.Text("error_message"));
        foreach (int version in (int[])[1, 4])
        {
            Assert.Equal(longest, await ShownAsync(version, kind, resource, setting));
        }
    }

    [Theory]
    [InlineData(Topic, "t")]
    [InlineData(Broker, "")]
    [InlineData(Logger, "1")]
    [InlineData(Group, "g")]
    [InlineData(ClientMetrics, "m")]
    public async Task A_name_that_is_too_long_is_refused_and_the_answer_names_only_its_beginning(int kind, string resource)
    {
        WireStruct refused = await AlterAsync(1, kind, resource, new string('n', Most + 1), "1");
        Assert.Equal(InvalidConfig, refused.Number("error_code"));
        Assert.Contains($"nnn...' has {Most + 1} bytes; use at most {Most}.", refused.Text("error_message"), StringComparison.Ordinal);

        // The longest that a version without compact lengths can say is unknown, and the answer must fit such a version as well.
        refused = await AlterAsync(0, kind, resource, new string('n', Most), "1");
        Assert.NotEqual(0, refused.Number("error_code"));
        Assert.InRange(refused.Text("error_message")!.Length, 1, 5000);
    }

    [Fact]
    public async Task The_longest_name_of_a_topic_or_a_broker_that_there_is_not_is_answered()
    {
        foreach (int kind in (int[])[Topic, Broker, Logger])
        {
            WireStruct refused = await AlterAsync(0, kind, new string('r', Most), "retention.ms", "1");
            Assert.NotEqual(0, refused.Number("error_code"));
            Assert.Contains("rrr...'", refused.Text("error_message"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_list_does_not_grow_beyond_the_limit_either()
    {
        string half = string.Join(',', Enumerable.Range(10_000, 2500).Select(static i => $"{i}:1"));
        string other = string.Join(',', Enumerable.Range(20_000, 2500).Select(static i => $"{i}:1"));
        Assert.Equal(0, (await AlterAsync(1, Topic, "t", Throttled, half)).Number("error_code"));
        WireStruct refused = await AlterAsync(1, Topic, "t", Throttled, other, Append);
        Assert.Equal(InvalidConfig, refused.Number("error_code"));
        Assert.Contains((half.Length + 1 + other.Length).ToString(CultureInfo.InvariantCulture), refused.Text("error_message"), StringComparison.Ordinal);
        Assert.Equal(half, await ShownAsync(4, Topic, "t", Throttled));
    }

    [Fact]
    public async Task A_topic_is_not_created_with_a_value_that_is_too_long()
    {
        WireStruct refused = (await _client.CallAsync("CreateTopics", 5, new WireStruct
        {
            ["topics"] = new WireStruct
            {
                ["name"] = "new", ["num_partitions"] = 1, ["replication_factor"] = 1,
                ["configs"] = new WireStruct { ["name"] = "retention.ms", ["value"] = "1".PadLeft(Most + 1, '0') },
            },
            ["timeout_ms"] = 10_000,
        })).Only("topics");
        Assert.Equal(InvalidConfig, refused.Number("error_code"));
        Assert.Contains("'retention.ms'", refused.Text("error_message"), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("new") { Configs = new Dictionary<string, string> { ["retention.ms"] = "1".PadLeft(Most + 1, '0') } }],
        }));
    }

    private static string Word(int kind) => kind switch
    {
        Topic => "topic",
        Broker => "broker",
        Group => "group",
        _ => "client metrics",
    };

    private async Task<WireStruct> AlterAsync(
        int version, int kind, string resource, string setting, string value, int operation = Set) =>
        (await _client.CallAsync("IncrementalAlterConfigs", version, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = kind,
                ["resource_name"] = resource,
                ["configs"] = new WireStruct { ["name"] = setting, ["config_operation"] = operation, ["value"] = value },
            },
        })).Only("responses");

    private async Task<string?> ShownAsync(int version, int kind, string resource, string setting) =>
        (await _client.CallAsync("DescribeConfigs", version, new WireStruct
        {
            ["resources"] = new WireStruct
            {
                ["resource_type"] = kind, ["resource_name"] = resource, ["configuration_keys"] = new[] { setting },
            },
            ["include_synonyms"] = false,
            ["include_documentation"] = false,
        })).Only("results").Only("configs").Text("value");
}
