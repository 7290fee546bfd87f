using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Changes settings of topics, brokers, groups, loggers and clients' reports: each resource by itself, all of it or nothing.</summary>
internal sealed class AlterConfigHandler(TopicStore store, BrokerSettings settings, DynamicConfigs dynamic, LoggerLevels loggers)
{
    /// <summary>One change of a broker's settings at a time, so that none overwrites another.</summary>
    private readonly OrderedLock _gate = new(LockRank.Settings);

    /// <summary>Replaces all that resources were given.</summary>
    public AlterConfigsResponse Alter(AlterConfigsRequest request, RequestContext context)
    {
        HashSet<ConfigResource> twice = Twice(request.Resources.Select(static r => new ConfigResource((ConfigResourceKind)r.ResourceType, r.ResourceName)));
        return new AlterConfigsResponse
        {
            Responses = [.. request.Resources.Select(resource =>
            {
                ConfigResource of = new((ConfigResourceKind)resource.ResourceType, resource.ResourceName);
                Outcome outcome = twice.Contains(of) ? Outcome.ListedTwice(of)
                    : ConfigResources.Refusal(of, AclOperation.AlterConfigs, context) ?? Replace(of, resource.Configs, request.ValidateOnly);
                return new AlterConfigsResponseResponses
                {
                    ErrorCode = outcome.Error,
                    ErrorMessage = outcome.Message,
                    ResourceType = resource.ResourceType,
                    ResourceName = resource.ResourceName,
                };
            })],
        };
    }

    /// <summary>Changes some of what resources were given.</summary>
    public IncrementalAlterConfigsResponse AlterIncrementally(IncrementalAlterConfigsRequest request, RequestContext context)
    {
        HashSet<ConfigResource> twice = Twice(request.Resources.Select(static r => new ConfigResource((ConfigResourceKind)r.ResourceType, r.ResourceName)));
        return new IncrementalAlterConfigsResponse
        {
            Responses = [.. request.Resources.Select(resource =>
            {
                ConfigResource of = new((ConfigResourceKind)resource.ResourceType, resource.ResourceName);
                ConfigChange[] changes = [.. resource.Configs.Select(static change =>
                    new ConfigChange(change.Name, (ConfigOperation)change.ConfigOperation, change.Value))];
                Outcome outcome = twice.Contains(of) ? Outcome.ListedTwice(of)
                    : ConfigResources.Refusal(of, AclOperation.AlterConfigs, context) ?? Change(of, changes, request.ValidateOnly);
                return new IncrementalAlterConfigsResponseResponses
                {
                    ErrorCode = outcome.Error,
                    ErrorMessage = outcome.Message,
                    ResourceType = resource.ResourceType,
                    ResourceName = resource.ResourceName,
                };
            })],
        };
    }

    private static HashSet<ConfigResource> Twice(IEnumerable<ConfigResource> resources) =>
        [.. resources.GroupBy(static resource => resource).Where(static same => same.Skip(1).Any()).Select(static same => same.Key)];

    private Outcome Replace(ConfigResource resource, AlterConfigsRequestConfigs[] given, bool validateOnly)
    {
        Dictionary<string, string> configs = new(StringComparer.Ordinal);
        foreach (AlterConfigsRequestConfigs entry in given)
        {
            if (entry.Value is null || !configs.TryAdd(entry.Name, entry.Value))
            {
                return new Outcome(ErrorCode.InvalidRequest, $"The config '{ConfigChecks.Shown(entry.Name)}' has no value or is listed twice.");
            }
        }

        return Problem(resource) ?? (resource.Kind switch
        {
            ConfigResourceKind.Topic => Outcome.Of(store.AlterConfigs(resource.Name, configs, validateOnly)),
            ConfigResourceKind.BrokerLogger => new Outcome(
                ErrorCode.InvalidRequest, "Levels of loggers are changed one by one; use IncrementalAlterConfigs."),
            _ => Keep(resource, _ => (ErrorCode.None, null, configs), validateOnly),
        });
    }

    private Outcome Change(ConfigResource resource, ConfigChange[] changes, bool validateOnly)
    {
        if (changes.GroupBy(static change => change.Name, StringComparer.Ordinal).FirstOrDefault(static same => same.Skip(1).Any()) is { } same)
        {
            return new Outcome(ErrorCode.InvalidRequest, $"The config '{ConfigChecks.Shown(same.Key)}' is changed twice.");
        }

        return Problem(resource) ?? (resource.Kind switch
        {
            ConfigResourceKind.Topic => Outcome.Of(store.AlterConfigs(resource.Name, changes, validateOnly)),
            ConfigResourceKind.BrokerLogger => LoggerLevels.Problem(changes) is { } problem
                ? new Outcome(ErrorCode.InvalidConfig, problem)
                : validateOnly ? default : loggers.Change(changes),
            _ => Keep(
                resource,
                current =>
                {
                    ErrorCode error = new ConfigChanges(ConfigResources.Word(resource.Kind), Find(resource), d => settings.Of(d).Value)
                        .Apply(current, changes, out Dictionary<string, string> changed, out string? message);
                    return (error, message, changed);
                },
                validateOnly),
        });
    }

    private Outcome? Problem(ConfigResource resource) =>
        ConfigResources.Problem(resource, settings) is { } problem ? new Outcome(ErrorCode.InvalidRequest, problem)
        : resource.Kind == ConfigResourceKind.Topic && TopicNames.IsInternal(resource.Name)
            ? new Outcome(ErrorCode.InvalidRequest, $"'{resource.Name}' is a topic of the broker's own; its settings are fixed.")
        : null;

    private Outcome Keep(
        ConfigResource resource,
        Func<IReadOnlyDictionary<string, string>, (ErrorCode Error, string? Message, Dictionary<string, string> Configs)> change,
        bool validateOnly)
    {
        using (_gate.Enter())
        {
            (ErrorCode error, string? message, Dictionary<string, string> configs) = change(dynamic.Of(resource));
            if (error != ErrorCode.None)
            {
                return new Outcome(error, message);
            }

            if (ConfigResources.Problem(resource, configs, dynamic.Of(resource), Find(resource)) is { } problem)
            {
                return problem;
            }

            if (validateOnly)
            {
                return default;
            }

            if (Store(resource, configs) is { } refused)
            {
                return refused;
            }

            if (resource.Kind == ConfigResourceKind.Broker)
            {
                store.SetTopicDefaults(settings.TopicDefaults());
            }

            return default;
        }
    }

    private Outcome? Store(ConfigResource resource, Dictionary<string, string> configs)
    {
        try
        {
            dynamic.Replace(resource, configs);
            return null;
        }
        catch (FullFileException exception)
        {
            return new Outcome(ErrorCode.PolicyViolation, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Outcome(ErrorCode.KafkaStorageError, $"The settings could not be kept: {exception.Message}");
        }
    }

    private static Func<string, ConfigDefinition?> Find(ConfigResource resource) => resource.Kind switch
    {
        ConfigResourceKind.Group => GroupConfigs.Find,
        ConfigResourceKind.ClientMetrics => ClientMetricsConfigs.Find,
        _ => BrokerConfigs.Find,
    };
}
