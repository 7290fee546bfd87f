using System.Globalization;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>Shows and changes settings of topics; shows those of the broker, which are fixed while it runs.</summary>
internal sealed class ConfigHandler(TopicStore store, MetadataBroker self, IReadOnlyList<DescribedConfig> brokerConfigs)
{
    /// <summary>Groups among the resources with settings; Kafka's number.</summary>
    private const sbyte GroupType = 32;

    private const string NotAllowed = "Authorization failed.";

    public DescribeConfigsResponse Describe(DescribeConfigsRequest request, RequestContext context) =>
        new(
            [.. request.Resources.Select(x => Refuse(x.Type, x.Name, AclOperation.DescribeConfigs, context) is var refusal
                && refusal == ErrorCode.None ? Describe(x) : Failed(x, refusal, NotAllowed))],
            request.IncludeSynonyms);

    public AlterConfigsResponse Alter(AlterConfigsRequest request, RequestContext context) =>
        new([.. request.Resources.Select(x => Refuse(x.Type, x.Name, AclOperation.AlterConfigs, context) is var refusal
            && refusal == ErrorCode.None
                ? Alter(x, request.ValidateOnly)
                : new AlterConfigsResult(refusal, NotAllowed, x.Type, x.Name))]);

    public AlterConfigsResponse AlterIncrementally(IncrementalAlterConfigsRequest request, RequestContext context) =>
        new([.. request.Resources.Select(x => Refuse(x.Type, x.Name, AclOperation.AlterConfigs, context) is var refusal
            && refusal == ErrorCode.None
                ? AlterIncrementally(x, request.ValidateOnly)
                : new AlterConfigsResult(refusal, NotAllowed, x.Type, x.Name))]);

    /// <summary>Settings of topics and groups are theirs, all others the cluster's.</summary>
    private static ErrorCode Refuse(ConfigResourceType type, string name, AclOperation operation, RequestContext context) => type switch
    {
        ConfigResourceType.Topic => context.MayTopic(operation, name) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed,
        (ConfigResourceType)GroupType => context.MayGroup(operation, name) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed,
        _ => context.MayCluster(operation) ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed,
    };

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

    private DescribeConfigsResult Describe(DescribeConfigsResource resource)
    {
        switch (resource.Type)
        {
            case ConfigResourceType.Topic when store.GetTopic(resource.Name) is { } topic:
                IEnumerable<DescribedConfig> configs =
                    TopicConfigs.Describe(topic.Configs, store.TopicDefaults).Select(Describe);
                return Found(resource, configs);
            case ConfigResourceType.Topic:
                ErrorCode unknown = TopicNames.Problem(resource.Name) is null
                    ? ErrorCode.UnknownTopicOrPartition
                    : ErrorCode.InvalidTopic;
                return Failed(resource, unknown, $"There is no topic '{resource.Name}'.");
            case ConfigResourceType.Broker when IsSelf(resource.Name):
                return Found(resource, brokerConfigs);
            default:
                return Failed(resource, ErrorCode.InvalidRequest, $"There is no {resource.Type} '{resource.Name}'.");
        }
    }

    private static DescribeConfigsResult Found(DescribeConfigsResource resource, IEnumerable<DescribedConfig> configs) =>
        new(ErrorCode.None, null, resource.Type, resource.Name, [.. Filter(configs, resource.Keys)]);

    private static DescribeConfigsResult Failed(DescribeConfigsResource resource, ErrorCode error, string message) =>
        new(error, message, resource.Type, resource.Name, []);

    private bool IsSelf(string name) =>
        name.Length == 0 || name == self.NodeId.ToString(CultureInfo.InvariantCulture);

    private AlterConfigsResult Alter(AlterConfigsResource resource, bool validateOnly)
    {
        if (resource.Type != ConfigResourceType.Topic || TopicNames.IsInternal(resource.Name))
        {
            return NotATopic(resource.Type, resource.Name);
        }

        Dictionary<string, string> configs = new(StringComparer.Ordinal);
        foreach (ConfigEntry entry in resource.Configs)
        {
            if (entry.Value is null || !configs.TryAdd(entry.Name, entry.Value))
            {
                return new AlterConfigsResult(
                    ErrorCode.InvalidRequest,
                    $"The config '{entry.Name}' has no value or is listed twice.",
                    resource.Type,
                    resource.Name);
            }
        }

        TopicResult result = store.AlterConfigs(resource.Name, configs, validateOnly);
        return new AlterConfigsResult(result.Error, result.Message, resource.Type, resource.Name);
    }

    private AlterConfigsResult AlterIncrementally(IncrementalAlterConfigsResource resource, bool validateOnly)
    {
        if (resource.Type != ConfigResourceType.Topic || TopicNames.IsInternal(resource.Name))
        {
            return NotATopic(resource.Type, resource.Name);
        }

        TopicResult result = store.AlterConfigs(resource.Name, resource.Changes, validateOnly);
        return new AlterConfigsResult(result.Error, result.Message, resource.Type, resource.Name);
    }

    private static AlterConfigsResult NotATopic(ConfigResourceType type, string name) => new(
        ErrorCode.InvalidRequest, "Only topics of users can be changed; the broker's settings are fixed at start.", type, name);
}
