using StreamFlow.Broker.Configs;

namespace StreamFlow.Broker.Storage;

/// <content>The settings of topics.</content>
internal sealed partial class TopicStore
{
    /// <summary>Replaces all settings a topic overrides; they hold from the next append on.</summary>
    public TopicResult AlterConfigs(string name, IReadOnlyDictionary<string, string> configs, bool validateOnly = false)
    {
        using (_gate.Enter())
        {
            if (_topics.Find(name) is not { } topic)
            {
                return Unknown(name);
            }

            if (TopicConfigs.Problem(configs) is { } problem)
            {
                return TopicResult.Failed(ErrorCode.InvalidConfig, problem);
            }

            return validateOnly ? TopicResult.Ok(topic) : Guarded(() =>
            {
                var copy = new Dictionary<string, string>(configs);
                _metadata.Apply(new MetadataChange { Topics = [Entry(topic) with { Configs = copy }] });
                topic.SetConfigs(copy);
                Configure(topic);
                return TopicResult.Ok(topic);
            });
        }
    }

    /// <summary>Changes some of the settings a topic overrides, all or none.</summary>
    public TopicResult AlterConfigs(string name, IReadOnlyList<ConfigChange> changes, bool validateOnly = false)
    {
        using (_gate.Enter())
        {
            if (_topics.Find(name) is not { } topic)
            {
                return Unknown(name);
            }

            var error = new ConfigChanges("topic", TopicConfigs.Find, TopicDefault)
                .Apply(topic.Configs, changes, out var changed, out var message);
            return error == ErrorCode.None
                ? AlterConfigs(name, changed, validateOnly)
                : TopicResult.Failed(error, message!);
        }
    }

    /// <summary>Changes what topics have that do not say otherwise; holds for those there are from their next append on.</summary>
    public void SetTopicDefaults(IReadOnlyDictionary<string, string> defaults)
    {
        using (_gate.Enter())
        {
            TopicDefaults = defaults;
            foreach (var topic in Topics)
            {
                Configure(topic);
            }
        }
    }
    private LogOptions OptionsOf(IReadOnlyDictionary<string, string> configs) => TopicConfigs.ToLogOptions(configs, TopicDefaults);

    private string? TopicDefault(ConfigDefinition definition) => TopicDefaults.GetValueOrDefault(definition.Name) ?? definition.Default;

    private void Configure(Topic topic)
    {
        var options = OptionsOf(topic.Configs);
        foreach (var log in topic.Partitions)
        {
            log.UpdateOptions(options);
        }
    }
}
