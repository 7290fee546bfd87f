using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Tests.Handlers;

/// <summary>Settings that change while the broker runs: who may have which, and what becomes of them.</summary>
public sealed class ConfigHandlerTests : IDisposable
{
    private const sbyte Topic = 2;
    private const sbyte Broker = 4;
    private const sbyte Logger = 8;
    private const sbyte ClientMetrics = 16;
    private const sbyte Group = 32;

    private readonly Support.TemporaryDirectory _directory = new();
    private readonly TopicStore _store;
    private readonly BrokerLog _log = new(null, TimeProvider.System);
    private readonly ConfigHandler _configs;
    private readonly AlterConfigHandler _alter;

    public ConfigHandlerTests()
    {
        var dynamic = DynamicConfigs.Open(FileSystem.Disk, _directory.Path);
        var settings = new BrokerSettings(1, new Dictionary<string, string> { ["node.id"] = "1" }, dynamic);
        _store = TopicStore.Open(new StoreOptions { DataDirectory = _directory.Path });
        _store.CreateTopic("t", 1);
        _configs = new ConfigHandler(_store, settings, dynamic, new LoggerLevels(_log));
        _alter = new AlterConfigHandler(_store, settings, dynamic, new LoggerLevels(_log));
    }

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    /// <summary>The errors are those of Apache Kafka 4.3.1, asked with its kafka-configs.</summary>
    [Theory]
    [InlineData(Broker, "1", "log.retention.ms", "5000", 0)]
    [InlineData(Broker, "", "log.retention.ms", "5000", 0)]
    [InlineData(Broker, "1", "num.io.threads", "4", 0)]
    [InlineData(Broker, "1", "num.io.threads", "x", 42)]
    [InlineData(Broker, "1", "compression.type", "t", 42)]
    [InlineData(Broker, "", "log.segment.bytes", "1", 42)]
    [InlineData(Broker, "", "log.message.timestamp.type", "x", 42)]
    [InlineData(Broker, "1", "log.cleanup.policy", "shred", 42)]
    [InlineData(Broker, "1", "compression.type", "zstd", 0)]
    [InlineData(Broker, "1", "log.dirs", "/elsewhere", 42)]
    [InlineData(Broker, "7", "log.retention.ms", "5000", 42)]
    [InlineData(Group, "g", GroupConfigs.SessionTimeout, "50000", 0)]
    [InlineData(Group, "g", GroupConfigs.SessionTimeout, "5", 40)]
    [InlineData(Group, "g", "foo", "5", 40)]
    [InlineData(ClientMetrics, "m", "interval.ms", "1000", 0)]
    [InlineData(ClientMetrics, "m", "interval.ms", "5", 42)]
    [InlineData(ClientMetrics, "m", "match", "client_id=(", 42)]
    [InlineData(Topic, "t", "remote.storage.enable", "true", 40)]
    [InlineData(Topic, "t", "unclean.leader.election.enable", "true", 0)]
    [InlineData(Logger, "1", "foo", "INFO", 40)]
    [InlineData(Logger, "1", BrokerLog.Category, "LOUD", 40)]
    public void A_change_is_taken_or_refused_as_on_apache_kafka(sbyte type, string name, string config, string value, short error)
    {
        var result = Set(type, name, config, value);

        Assert.Equal(error, (short)result.ErrorCode);
        Assert.Equal(error != 0, result.ErrorMessage?.Contains(config == "log.retention.ms" ? name : config, StringComparison.Ordinal) ?? false);
        if (error == 0)
        {
            Assert.Equal(value, Value(type, name, config).Value);
        }
    }

    [Fact]
    public void Defaults_of_topics_that_change_hold_for_topics_that_are_there()
    {
        Assert.Equal(ErrorCode.None, Set(Broker, "", "message.max.bytes", "100").ErrorCode);

        var shown = Value(Topic, "t", "max.message.bytes");
        Assert.Equal(("100", (sbyte)ConfigSource.DynamicDefaultBroker), (shown.Value, shown.ConfigSource));
        Assert.Equal(ErrorCode.MessageTooLarge, _store.GetPartition("t", 0)!.Append(TestBatch.Build(new string('x', 200)), AppendOrigin.Client).Error);
        Assert.Equal(ErrorCode.None, Change(Broker, "", "message.max.bytes", null, ConfigOperationDelete).ErrorCode);
        Assert.Equal(ErrorCode.None, _store.GetPartition("t", 0)!.Append(TestBatch.Build(new string('x', 200)), AppendOrigin.Client).Error);
    }

    [Fact]
    public void What_is_only_validated_changes_nothing()
    {
        var answer = _alter.AlterIncrementally(new IncrementalAlterConfigsRequest
        {
            ValidateOnly = true,
            Resources = [Resource(Group, "g", GroupConfigs.SessionTimeout, "50000", 0), Resource(Logger, "1", BrokerLog.Category, "ERROR", 0)],
        }, OpenRequest.Of(1));

        Assert.All(answer.Responses, response => Assert.Equal(ErrorCode.None, response.ErrorCode));
        Assert.Equal("45000", Value(Group, "g", GroupConfigs.SessionTimeout).Value);
        Assert.Null(_log.MinimumLevel);
    }

    [Fact]
    public void All_of_a_resource_is_replaced_at_once()
    {
        Set(Group, "g", GroupConfigs.SessionTimeout, "50000");
        var answer = _alter.Alter(new AlterConfigsRequest
        {
            Resources =
            [
                new AlterConfigsRequestResources
                {
                    ResourceType = Group,
                    ResourceName = "g",
                    Configs = [new AlterConfigsRequestConfigs { Name = GroupConfigs.HeartbeatInterval, Value = "6000" }],
                },
            ],
        }, OpenRequest.Of(1));

        Assert.Equal(ErrorCode.None, Assert.Single(answer.Responses).ErrorCode);
        Assert.Equal("45000", Value(Group, "g", GroupConfigs.SessionTimeout).Value);
        Assert.Equal("6000", Value(Group, "g", GroupConfigs.HeartbeatInterval).Value);
    }

    [Fact]
    public void The_level_of_the_log_changes_and_goes_back()
    {
        Set(Logger, "1", BrokerLog.Category, "ERROR");
        Assert.Equal(LogLevel.Error, _log.MinimumLevel);

        Change(Logger, "1", BrokerLog.Category, null, ConfigOperationDelete);
        Assert.Null(_log.MinimumLevel);
    }

    /// <summary>A request of 4 MiB that names one topic again and again was once answered with 468 MB.</summary>
    [Fact]
    public void A_resource_that_is_named_again_and_again_is_shown_once()
    {
        var answer = _configs.Describe(new DescribeConfigsRequest
        {
            Resources = [.. Enumerable.Range(0, 100).Select(_ => new DescribeConfigsRequestResources { ResourceType = Topic, ResourceName = "t", ConfigurationKeys = null })],
        }, OpenRequest.Of(4));

        Assert.Single(answer.Results, result => result.ErrorCode == ErrorCode.None);
        Assert.Equal(99, answer.Results.Count(result => result.ErrorCode == ErrorCode.InvalidRequest));
    }

    [Fact]
    public void Resources_are_listed_by_kind()
    {
        Set(Group, "g", GroupConfigs.SessionTimeout, "50000");
        Set(ClientMetrics, "m", "interval.ms", "1000");
        string[] List(short version, params sbyte[] kinds) =>
        [
            .. _configs.List(new ListConfigResourcesRequest { ResourceTypes = kinds }, OpenRequest.Of(version)).ConfigResources
                .Select(resource => $"{resource.ResourceType} {resource.ResourceName}"),
        ];

        Assert.Equal(["16 m"], List(0));
        Assert.Equal(["2 t", "4 1", "8 1", "16 m", "32 g"], List(1));
        Assert.Equal(["32 g", "2 t"], List(1, Group, Topic));
        Assert.Equal(ErrorCode.UnsupportedVersion, _configs.List(new ListConfigResourcesRequest { ResourceTypes = [3] }, OpenRequest.Of(1)).ErrorCode);
    }

    private const sbyte ConfigOperationDelete = 1;

    private static IncrementalAlterConfigsRequestResources Resource(sbyte type, string name, string config, string? value, sbyte operation) => new()
    {
        ResourceType = type,
        ResourceName = name,
        Configs = [new IncrementalAlterConfigsRequestConfigs { Name = config, Value = value, ConfigOperation = operation }],
    };

    private IncrementalAlterConfigsResponseResponses Set(sbyte type, string name, string config, string value) =>
        Change(type, name, config, value, operation: 0);

    private IncrementalAlterConfigsResponseResponses Change(sbyte type, string name, string config, string? value, sbyte operation) =>
        Assert.Single(_alter.AlterIncrementally(new IncrementalAlterConfigsRequest { Resources = [Resource(type, name, config, value, operation)] }, OpenRequest.Of(1)).Responses);

    private DescribeConfigsResponseConfigs Value(sbyte type, string name, string config) =>
        Assert.Single(Assert.Single(_configs.Describe(new DescribeConfigsRequest
        {
            IncludeSynonyms = true,
            IncludeDocumentation = true,
            Resources = [new DescribeConfigsRequestResources { ResourceType = type, ResourceName = name, ConfigurationKeys = [config] }],
        }, OpenRequest.Of(4)).Results).Configs);
}
