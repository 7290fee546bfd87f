using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Shows settings of topics, brokers, groups, loggers and clients' reports, and which of them were given any.</summary>
internal sealed class ConfigHandler(TopicStore store, BrokerSettings settings, DynamicConfigs dynamic, LoggerLevels loggers)
{
    private static readonly Dictionary<string, string> Nothing = [];

    private const int MostOfAnyName = 1000;

    public DescribeConfigsResponse Describe(DescribeConfigsRequest request, RequestContext context)
    {
        HashSet<ConfigResource> seen = [];
        int unbounded = 0;
        return new DescribeConfigsResponse
        {
            Results = [.. request.Resources.Select(resource =>
                !seen.Add(ResourceOf(resource)) ? Failed(resource, ErrorCode.InvalidRequest, $"{Text(resource)} is asked for twice.")
                : IsOfAnyName(resource) && ++unbounded > MostOfAnyName
                    ? Failed(resource, ErrorCode.InvalidRequest, $"More than {MostOfAnyName} groups and metrics are asked for; ask for fewer at once.")
                : ConfigResources.Refusal(ResourceOf(resource), AclOperation.DescribeConfigs, context) is { } refusal
                    ? Failed(resource, refusal.Error, refusal.Message!)
                    : Describe(resource, request))],
        };
    }

    /// <summary>Whether such resources have settings whatever their name, whether they exist or not.</summary>
    private static bool IsOfAnyName(DescribeConfigsRequestResources resource) =>
        ResourceOf(resource).Kind is ConfigResourceKind.Group or ConfigResourceKind.ClientMetrics;

    /// <summary>What there is that has settings (KIP-1142); version 0 asks for clients' reports only.</summary>
    public ListConfigResourcesResponse List(ListConfigResourcesRequest request, RequestContext context)
    {
        if (!context.MayCluster(AclOperation.DescribeConfigs))
        {
            return new ListConfigResourcesResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        }

        ConfigResourceKind[] all =
        [
            ConfigResourceKind.Topic, ConfigResourceKind.Broker, ConfigResourceKind.BrokerLogger, ConfigResourceKind.ClientMetrics,
            ConfigResourceKind.Group,
        ];
        ConfigResourceKind[] asked = context.Version == 0 ? [ConfigResourceKind.ClientMetrics]
            : request.ResourceTypes.Length == 0 ? all
            : [.. request.ResourceTypes.Distinct().Select(static kind => (ConfigResourceKind)kind)];
        if (asked.Except(all).Any())
        {
            return new ListConfigResourcesResponse { ErrorCode = ErrorCode.UnsupportedVersion };
        }

        return new ListConfigResourcesResponse
        {
            ConfigResources = [.. asked.SelectMany(kind => NamesOf(kind).Select(name => new ListConfigResourcesResponseConfigResources
            {
                ResourceName = name,
                ResourceType = (sbyte)kind,
            }))],
        };
    }

    private static ConfigResource ResourceOf(DescribeConfigsRequestResources resource) =>
        new((ConfigResourceKind)resource.ResourceType, resource.ResourceName);

    private static string Text(DescribeConfigsRequestResources resource) =>
        $"{(ConfigResourceKind)resource.ResourceType} '{resource.ResourceName}'";

    private static DescribeConfigsResponseResults Failed(DescribeConfigsRequestResources resource, ErrorCode error, string message) => new()
    {
        ErrorCode = error,
        ErrorMessage = message,
        ResourceType = resource.ResourceType,
        ResourceName = resource.ResourceName,
    };

    private static DescribeConfigsResponseConfigs Shown(EffectiveConfig config, DescribeConfigsRequest request)
    {
        bool isSensitive = config.Definition.IsSensitive;
        return new DescribeConfigsResponseConfigs
        {
            Name = config.Definition.Name,
            Value = isSensitive ? null : config.Value,
            ReadOnly = config.Definition.IsFixed,
            ConfigSource = (sbyte)config.Source,
            IsSensitive = isSensitive,
            Synonyms = !request.IncludeSynonyms
                ? []
                : [.. config.Synonyms.Select(synonym => new DescribeConfigsResponseSynonyms
                {
                    Name = synonym.Name,
                    Value = isSensitive ? null : synonym.Value,
                    Source = (sbyte)synonym.Source,
                })],
            ConfigType = (sbyte)config.Definition.Type,
            Documentation = request.IncludeDocumentation ? config.Definition.Documentation : null,
        };
    }

    private DescribeConfigsResponseResults Describe(DescribeConfigsRequestResources resource, DescribeConfigsRequest request)
    {
        ConfigResource of = ResourceOf(resource);
        if (ConfigResources.Problem(of, settings) is { } problem)
        {
            return Failed(resource, ErrorCode.InvalidRequest, problem);
        }

        if (of.Kind == ConfigResourceKind.Topic && store.GetTopic(of.Name) is null)
        {
            return TopicNames.Problem(of.Name) is { } wrong
                ? Failed(resource, ErrorCode.InvalidTopic, wrong)
                : Failed(resource, ErrorCode.UnknownTopicOrPartition, $"There is no topic '{ConfigChecks.Shown(of.Name)}'.");
        }

        IEnumerable<EffectiveConfig> configs = ConfigsOf(of);
        return new DescribeConfigsResponseResults
        {
            ErrorMessage = null,
            ResourceType = resource.ResourceType,
            ResourceName = resource.ResourceName,
            Configs =
            [
                .. configs.Where(config => resource.ConfigurationKeys?.Contains(config.Definition.Name, StringComparer.Ordinal) ?? true)
                    .Select(config => Shown(config, request)),
            ],
        };
    }

    private IEnumerable<EffectiveConfig> ConfigsOf(ConfigResource resource) => resource.Kind switch
    {
        ConfigResourceKind.Topic => Of(TopicConfigs.All, store.GetTopic(resource.Name)?.Configs ?? Nothing, ConfigSource.Topic),
        ConfigResourceKind.Group => Of(GroupConfigs.All, dynamic.Of(resource), ConfigSource.Group),
        ConfigResourceKind.ClientMetrics => Of(ClientMetricsConfigs.All, dynamic.Of(resource), ConfigSource.ClientMetrics).Select(WithoutDefault),
        ConfigResourceKind.BrokerLogger => loggers.Describe(),
        _ when resource == ConfigResource.AllBrokers => dynamic.Of(resource).Keys.Order(StringComparer.Ordinal)
            .Select(BrokerConfigs.Find).OfType<ConfigDefinition>().Select(settings.OfAll),
        _ => BrokerConfigs.All.Concat(BrokerConfigs.Hidden.Where(x => dynamic.Of(resource).ContainsKey(x.Name))).Select(settings.Of),
    };

    /// <summary>Of client metrics, Apache Kafka shows what was set without the default behind it.</summary>
    private static EffectiveConfig WithoutDefault(EffectiveConfig config) =>
        config.Synonyms.Count > 1 ? config with { Synonyms = [config.Synonyms[0]] } : config;

    private IEnumerable<EffectiveConfig> Of(
        IReadOnlyList<ConfigDefinition> definitions, IReadOnlyDictionary<string, string> given, ConfigSource source) =>
        definitions.Select(definition => settings.Of(definition, given, source));

    private IEnumerable<string> NamesOf(ConfigResourceKind kind) => kind switch
    {
        ConfigResourceKind.Topic => store.Topics.Select(static topic => topic.Name).Order(StringComparer.Ordinal),
        ConfigResourceKind.Broker or ConfigResourceKind.BrokerLogger => [settings.Self.Name],
        _ => dynamic.Names(kind),
    };
}
