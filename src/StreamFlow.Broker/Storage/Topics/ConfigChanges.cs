using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Storage;

/// <summary>Applies incremental changes to a topic's settings.</summary>
internal static class ConfigChanges
{
    public static ErrorCode Apply(
        IReadOnlyDictionary<string, string> current, IReadOnlyDictionary<string, string> brokerDefaults,
        IReadOnlyList<ConfigChange> changes, out Dictionary<string, string> changed, out string? message)
    {
        changed = new Dictionary<string, string>(current);
        message = null;
        foreach (var change in changes)
        {
            if (!TopicConfigs.TryGet(change.Name, out var definition))
            {
                message = TopicConfigs.Problem(change.Name, "");
                return ErrorCode.InvalidConfig;
            }

            message = Problem(change, definition!);
            if (message is not null)
            {
                return ErrorCode.InvalidRequest;
            }

            if (change.Operation == ConfigOperation.Delete)
            {
                changed.Remove(change.Name);
                continue;
            }

            var before = changed.GetValueOrDefault(change.Name)
                ?? brokerDefaults.GetValueOrDefault(change.Name) ?? definition!.Default;
            changed[change.Name] = change.Operation == ConfigOperation.Set ? change.Value! : Merge(before, change);
        }

        return ErrorCode.None;
    }

    private static string? Problem(ConfigChange change, TopicConfigDefinition definition) => change.Operation switch
    {
        ConfigOperation.Delete => null,
        _ when change.Value is null => $"Topic config '{change.Name}' needs a value for {change.Operation}.",
        ConfigOperation.Set => null,
        ConfigOperation.Append or ConfigOperation.Subtract when definition.Type == ConfigType.List => null,
        ConfigOperation.Append or ConfigOperation.Subtract =>
            $"Topic config '{change.Name}' is no list; {change.Operation} does not apply, use Set.",
        _ => $"Unknown config operation {(sbyte)change.Operation} for '{change.Name}'.",
    };

    private static string Merge(string before, ConfigChange change)
    {
        const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var entries = before.Split(',', Clean).ToList();
        foreach (var entry in change.Value!.Split(',', Clean))
        {
            entries.Remove(entry);
            if (change.Operation == ConfigOperation.Append)
            {
                entries.Add(entry);
            }
        }

        return string.Join(",", entries);
    }
}
