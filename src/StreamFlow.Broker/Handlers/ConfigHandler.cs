using System.Globalization;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;
using ConfigChange = StreamFlow.Broker.Configs.ConfigChange;
using ConfigOperation = StreamFlow.Broker.Configs.ConfigOperation;

namespace StreamFlow.Broker.Handlers;

/// <summary>Shows and changes settings of topics; shows those of the broker, which are fixed while it runs.</summary>
internal sealed class ConfigHandler(TopicStore store, MetadataBroker self, IReadOnlyList<DescribedConfig> brokerConfigs)
{
    public DescribeConfigsResponse Describe(DescribeConfigsRequest request) =>
        new() { Results = [.. request.Resources.Select(x => Describe(x, request.IncludeSynonyms))] };

    public AlterConfigsResponse Alter(AlterConfigsRequest request)
    {
        AlterConfigsResponseResponses[] responses = new AlterConfigsResponseResponses[request.Resources.Length];
        for (int i = 0; i < responses.Length; i++)
        {
            AlterConfigsRequestResources resource = request.Resources[i];
            (ErrorCode error, string? message) = Alter(resource, request.ValidateOnly);
            responses[i] = new AlterConfigsResponseResponses
            {
                ErrorCode = error,
                ErrorMessage = message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            };
        }

        return new AlterConfigsResponse { Responses = responses };
    }

    public IncrementalAlterConfigsResponse AlterIncrementally(IncrementalAlterConfigsRequest request)
    {
        IncrementalAlterConfigsResponseResponses[] responses =
            new IncrementalAlterConfigsResponseResponses[request.Resources.Length];
        for (int i = 0; i < responses.Length; i++)
        {
            IncrementalAlterConfigsRequestResources resource = request.Resources[i];
            (ErrorCode error, string? message) = AlterIncrementally(resource, request.ValidateOnly);
            responses[i] = new IncrementalAlterConfigsResponseResponses
            {
                ErrorCode = error,
                ErrorMessage = message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            };
        }

        return new IncrementalAlterConfigsResponse { Responses = responses };
    }

    private static DescribedConfig Describe(EffectiveConfig config)
    {
        sbyte source = config.IsTopicOverride ? DescribedConfig.TopicSource
            : config.IsBrokerDefault ? DescribedConfig.StaticBrokerSource
            : DescribedConfig.DefaultSource;
        return new DescribedConfig(
            config.Definition.Name, config.Value, source, ReadOnly: false, (sbyte)config.Definition.Type);
    }

    private static IEnumerable<DescribedConfig> Filter(IEnumerable<DescribedConfig> configs, string[]? keys) =>
        keys is null ? configs : configs.Where(x => keys.Contains(x.Name, StringComparer.Ordinal));

    private DescribeConfigsResponseResults Describe(DescribeConfigsRequestResources resource, bool synonyms)
    {
        switch ((ConfigResourceType)resource.ResourceType)
        {
            case ConfigResourceType.Topic when store.GetTopic(resource.ResourceName) is { } topic:
                IEnumerable<DescribedConfig> configs =
                    TopicConfigs.Describe(topic.Configs, store.TopicDefaults).Select(Describe);
                return Found(resource, configs, synonyms);
            case ConfigResourceType.Topic:
                ErrorCode unknown = TopicNames.Problem(resource.ResourceName) is null
                    ? ErrorCode.UnknownTopicOrPartition
                    : ErrorCode.InvalidTopic;
                return Failed(resource, unknown, $"There is no topic '{resource.ResourceName}'.");
            case ConfigResourceType.Broker when IsSelf(resource.ResourceName):
                return Found(resource, brokerConfigs, synonyms);
            default:
                return Failed(resource, ErrorCode.InvalidRequest, $"There is no {(ConfigResourceType)resource.ResourceType} '{resource.ResourceName}'.");
        }
    }

    private static DescribeConfigsResponseResults Found(
        DescribeConfigsRequestResources resource, IEnumerable<DescribedConfig> configs, bool synonyms) => new()
    {
        ErrorMessage = null,
        ResourceType = resource.ResourceType,
        ResourceName = resource.ResourceName,
        Configs = [.. Filter(configs, resource.ConfigurationKeys).Select(x => Write(x, synonyms))],
    };

    private static DescribeConfigsResponseConfigs Write(DescribedConfig config, bool synonyms) => new()
    {
        Name = config.Name,
        Value = config.Value,
        ReadOnly = config.ReadOnly,
        ConfigSource = config.Source,
        ConfigType = config.Type,
        Documentation = null,
        Synonyms = synonyms
            ? [new DescribeConfigsResponseSynonyms { Name = config.Name, Value = config.Value, Source = config.Source }]
            : [],
    };

    private static DescribeConfigsResponseResults Failed(
        DescribeConfigsRequestResources resource, ErrorCode error, string message) => new()
    {
        ErrorCode = error,
        ErrorMessage = message,
        ResourceType = resource.ResourceType,
        ResourceName = resource.ResourceName,
    };

    private bool IsSelf(string name) =>
        name.Length == 0 || name == self.NodeId.ToString(CultureInfo.InvariantCulture);

    private (ErrorCode Error, string? Message) Alter(AlterConfigsRequestResources resource, bool validateOnly)
    {
        if (resource.ResourceType != (sbyte)ConfigResourceType.Topic || TopicNames.IsInternal(resource.ResourceName))
        {
            return NotATopic;
        }

        Dictionary<string, string> configs = new(StringComparer.Ordinal);
        foreach (AlterConfigsRequestConfigs entry in resource.Configs)
        {
            if (entry.Value is null || !configs.TryAdd(entry.Name, entry.Value))
            {
                return (ErrorCode.InvalidRequest, $"The config '{entry.Name}' has no value or is listed twice.");
            }
        }

        TopicResult result = store.AlterConfigs(resource.ResourceName, configs, validateOnly);
        return (result.Error, result.Message);
    }

    private (ErrorCode Error, string? Message) AlterIncrementally(
        IncrementalAlterConfigsRequestResources resource, bool validateOnly)
    {
        if (resource.ResourceType != (sbyte)ConfigResourceType.Topic || TopicNames.IsInternal(resource.ResourceName))
        {
            return NotATopic;
        }

        TopicResult result = store.AlterConfigs(
            resource.ResourceName,
            [.. resource.Configs.Select(static x => new ConfigChange(x.Name, (ConfigOperation)x.ConfigOperation, x.Value))],
            validateOnly);
        return (result.Error, result.Message);
    }

    private static (ErrorCode Error, string? Message) NotATopic =>
        (ErrorCode.InvalidRequest, "Only topics of users can be changed; the broker's settings are fixed at start.");
}
