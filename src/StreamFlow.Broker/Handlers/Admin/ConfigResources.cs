using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Handlers;

/// <summary>Which resources there are, and what is wrong with what one is to be given.</summary>
internal static class ConfigResources
{
    /// <summary>What is wrong with the name of a resource; null when it may have settings. Whether a topic exists is not looked at.</summary>
    public static string? Problem(ConfigResource resource, BrokerSettings settings) => resource.Kind switch
    {
        ConfigResourceKind.Topic => null,
        ConfigResourceKind.Broker when resource.Name.Length == 0 || resource == settings.Self => null,
        ConfigResourceKind.Broker =>
            $"There is no broker '{ConfigChecks.Shown(resource.Name)}'; this one is {settings.Self.Name}, and an empty name stands for the defaults of all.",
        ConfigResourceKind.BrokerLogger when resource.Name == settings.Self.Name => null,
        ConfigResourceKind.BrokerLogger => $"There is no broker '{ConfigChecks.Shown(resource.Name)}' whose loggers could be shown; this one is {settings.Self.Name}.",
        ConfigResourceKind.ClientMetrics or ConfigResourceKind.Group when resource.Name.Length > 0 => null,
        ConfigResourceKind.ClientMetrics or ConfigResourceKind.Group => $"The name of a {Word(resource.Kind)} must not be empty.",
        _ => $"{(sbyte)resource.Kind} is no kind of resource; topics are 2, brokers 4, loggers 8, clients' reports 16, groups 32.",
    };

    /// <summary>Why somebody may not do something to the settings of a resource; null when that is allowed. Those of topics and groups are theirs, all others the cluster's.</summary>
    public static Outcome? Refusal(ConfigResource resource, AclOperation operation, RequestContext context)
    {
        ErrorCode error = resource.Kind switch
        {
            ConfigResourceKind.Topic => context.MayTopic(operation, resource.Name) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed,
            ConfigResourceKind.Group => context.MayGroup(operation, resource.Name) ? ErrorCode.None : ErrorCode.GroupAuthorizationFailed,
            _ => context.MayCluster(operation) ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed,
        };
        return error == ErrorCode.None ? null : new Outcome(error, RequestContext.NotAllowed);
    }

    /// <summary>What such a resource is called in a sentence.</summary>
    public static string Word(ConfigResourceKind kind) => kind switch
    {
        ConfigResourceKind.ClientMetrics => "client metrics",
        ConfigResourceKind.BrokerLogger => "broker logger",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>What is wrong with the settings that a resource is to be given instead of others; null when nothing is.</summary>
    public static Outcome? Problem(
        ConfigResource resource, IReadOnlyDictionary<string, string> configs, IReadOnlyDictionary<string, string> before,
        Func<string, ConfigDefinition?> find)
    {
        // What Apache Kafka answers for a wrong value: brokers and clients' reports 'invalid request', groups 'invalid config'.
        ErrorCode invalid = resource.Kind == ConfigResourceKind.Group ? ErrorCode.InvalidConfig : ErrorCode.InvalidRequest;
        foreach ((string name, string value) in configs)
        {
            if (ConfigChecks.TooLong(Word(resource.Kind), name, value) is { } tooLong)
            {
                return new Outcome(ErrorCode.InvalidConfig, tooLong);
            }

            if (find(name) is not { } definition)
            {
                return new Outcome(invalid, $"Unknown {Word(resource.Kind)} config '{ConfigChecks.Shown(name)}'; DescribeConfigs shows those there are.");
            }

            if (definition.IsFixed && before.GetValueOrDefault(name) != value)
            {
                return new Outcome(
                    ErrorCode.InvalidRequest, $"Broker config '{name}' is fixed while the broker runs; set it where the broker is started.");
            }

            if (CheckedAsOfTopics(definition, resource.Kind).Check(Word(resource.Kind), value) is { } problem)
            {
                return new Outcome(invalid, problem);
            }
        }

        return null;
    }

    /// <summary>What a broker has topics begin with must be something that a topic can have.</summary>
    private static ConfigDefinition CheckedAsOfTopics(ConfigDefinition definition, ConfigResourceKind kind) =>
        kind == ConfigResourceKind.Broker && TopicDefaultNames.TopicNameOf(definition.Name) is { } ofTopics
            ? definition with { Problem = TopicConfigs.Find(ofTopics)!.Problem }
            : definition;
}
