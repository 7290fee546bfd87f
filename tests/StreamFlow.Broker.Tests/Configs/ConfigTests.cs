using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Configs;

/// <summary>What settings there are, and which of the values counts that one was given.</summary>
public sealed class ConfigTests
{
    /// <summary>The numbers are those that Apache Kafka 4.3.1 answers.</summary>
    [Fact]
    public void There_are_as_many_settings_as_on_apache_kafka()
    {
        Assert.Equal(340, BrokerConfigs.All.Count);
        Assert.Equal(33, TopicConfigs.All.Count);
        Assert.Equal(17, GroupConfigs.All.Count);
        Assert.Equal(3, ClientMetricsConfigs.All.Count);
    }

    [Fact]
    public void Every_default_is_a_valid_value_and_every_setting_is_documented()
    {
        var all = BrokerConfigs.All.Concat(TopicConfigs.All).Concat(GroupConfigs.All).Concat(ClientMetricsConfigs.All).ToList();

        Assert.Empty(all.Where(d => d.Default is { } value && d.Problem(value) is not null).Select(d => d.Name));
        Assert.Empty(all.Where(d => d.Documentation.Length == 0).Select(d => d.Name));
    }

    [Fact]
    public void Every_default_of_topics_that_a_broker_gives_is_one_of_its_settings()
    {
        foreach (var definition in TopicConfigs.All.Concat(GroupConfigs.All).Where(d => d.BrokerName is not null))
        {
            if (!definition.Name.StartsWith("share.", StringComparison.Ordinal)
                && !definition.Name.StartsWith("streams.", StringComparison.Ordinal))
            {
                Assert.NotNull(BrokerConfigs.Find(definition.BrokerName!));
            }
        }
    }

    [Fact]
    public void The_nearest_value_counts_and_those_behind_it_are_shown()
    {
        using var directory = new TemporaryDirectory();
        var dynamic = DynamicConfigs.Open(FileSystem.Disk, directory.Path);
        var settings = new BrokerSettings(1, new Dictionary<string, string> { ["log.retention.bytes"] = "5" }, dynamic);
        var topic = TopicConfigs.Find("retention.bytes")!;
        string Shown(IReadOnlyDictionary<string, string> given)
        {
            var config = settings.Of(topic, given, ConfigSource.Topic);
            return $"{config.Value}@{config.Source}: "
                + string.Join(", ", config.Synonyms.Select(synonym => $"{synonym.Name}={synonym.Value}@{synonym.Source}"));
        }

        var nothing = new Dictionary<string, string>();
        Assert.Equal("5@StaticBroker: log.retention.bytes=5@StaticBroker, log.retention.bytes=-1@Default", Shown(nothing));
        dynamic.Replace(ConfigResource.AllBrokers, new Dictionary<string, string> { ["log.retention.bytes"] = "6" });
        Assert.StartsWith("6@DynamicDefaultBroker: ", Shown(nothing), StringComparison.Ordinal);
        dynamic.Replace(settings.Self, new Dictionary<string, string> { ["log.retention.bytes"] = "7" });
        Assert.StartsWith("7@DynamicBroker: ", Shown(nothing), StringComparison.Ordinal);
        Assert.Equal("7", settings.TopicDefaults()["retention.bytes"]);
        Assert.Equal(
            "8@Topic: retention.bytes=8@Topic, log.retention.bytes=7@DynamicBroker, log.retention.bytes=6@DynamicDefaultBroker, "
            + "log.retention.bytes=5@StaticBroker, log.retention.bytes=-1@Default",
            Shown(new Dictionary<string, string> { ["retention.bytes"] = "8" }));
    }

    [Fact]
    public void A_group_of_consumers_has_the_times_it_was_given()
    {
        using var directory = new TemporaryDirectory();
        var configs = DynamicConfigs.Open(FileSystem.Disk, directory.Path);
        var options = new GroupCoordinatorOptions { Configs = group => configs.Of(new ConfigResource(ConfigResourceKind.Group, group)) };
        configs.Replace(
            new ConfigResource(ConfigResourceKind.Group, "g"),
            new Dictionary<string, string> { [GroupConfigs.SessionTimeout] = "50000", [GroupConfigs.HeartbeatInterval] = "6000" });

        var given = options.ConsumerSettings("g");

        Assert.Equal((TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(6)), (given.SessionTimeout, given.HeartbeatInterval));
        Assert.Equal(options.Consumers.AssignmentInterval, given.AssignmentInterval);
        Assert.Equal(options.Consumers, options.ConsumerSettings("other"));
    }

    [Fact]
    public void What_was_given_while_the_broker_ran_is_there_after_it()
    {
        using var directory = new TemporaryDirectory();
        var group = new ConfigResource(ConfigResourceKind.Group, "g");
        var configs = DynamicConfigs.Open(FileSystem.Disk, directory.Path);
        configs.Replace(group, new Dictionary<string, string> { [GroupConfigs.SessionTimeout] = "50000" });
        configs.Replace(new ConfigResource(ConfigResourceKind.Group, "h"), new Dictionary<string, string> { ["x"] = "y" });
        configs.Replace(new ConfigResource(ConfigResourceKind.Group, "h"), new Dictionary<string, string>());

        var again = DynamicConfigs.Open(FileSystem.Disk, directory.Path);

        Assert.Equal("50000", again.Of(group)[GroupConfigs.SessionTimeout]);
        Assert.Equal(["g"], again.Names(ConfigResourceKind.Group));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"resources\":[{\"kind\":\"Group\",\"name\":null,\"configs\":{}}]}")]
    [InlineData("{\"resources\":[{\"kind\":\"Group\",\"name\":\"g\",\"configs\":{}},{\"kind\":\"Group\",\"name\":\"g\",\"configs\":{}}]}")]
    public void A_damaged_file_is_told(string content)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, DynamicConfigs.FileName);
        File.WriteAllText(path, content);

        var problem = Assert.Throws<InvalidDataException>(() => DynamicConfigs.Open(FileSystem.Disk, directory.Path));

        Assert.Contains(path, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_that_fails_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        var files = new Storage.FaultyFileSystem();
        var configs = DynamicConfigs.Open(files, directory.Path);
        var group = new ConfigResource(ConfigResourceKind.Group, "g");
        files.FillUpAfter(0);

        Assert.ThrowsAny<IOException>(() => configs.Replace(group, new Dictionary<string, string> { ["a"] = "b" }));

        Assert.Empty(configs.Of(group));
    }
}
