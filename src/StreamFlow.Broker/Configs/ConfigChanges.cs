using StreamFlow.Protocol;

namespace StreamFlow.Broker.Configs;

/// <summary>Applies incremental changes to the settings of one resource.</summary>
/// <param name="kind">What it is, for messages.</param>
/// <param name="find">The setting of a name; null when there is none.</param>
/// <param name="unset">The value that counts where the resource itself was given none.</param>
internal sealed class ConfigChanges(string kind, Func<string, ConfigDefinition?> find, Func<ConfigDefinition, string?> unset)
{
    /// <summary>Makes of what a resource was given and the changes what it is to be given; values are not checked yet.</summary>
    /// <returns>Why the changes cannot be applied, or none.</returns>
    public ErrorCode Apply(
        IReadOnlyDictionary<string, string> current, IReadOnlyList<ConfigChange> changes,
        out Dictionary<string, string> changed, out string? message)
    {
        changed = new Dictionary<string, string>(current);
        message = null;
        foreach (var change in changes)
        {
            message = ConfigChecks.TooLong(kind, change.Name, change.Value);
            if (message is not null)
            {
                return ErrorCode.InvalidConfig;
            }

            if (find(change.Name) is not { } definition)
            {
                message = $"Unknown {kind} config '{ConfigChecks.Shown(change.Name)}'; DescribeConfigs shows those there are.";
                return ErrorCode.InvalidConfig;
            }

            message = Problem(change, definition);
            if (message is not null)
            {
                return ErrorCode.InvalidRequest;
            }

            if (change.Operation == ConfigOperation.Delete)
            {
                changed.Remove(change.Name);
                continue;
            }

            changed[change.Name] = change.Operation == ConfigOperation.Set
                ? change.Value!
                : Merge(changed.GetValueOrDefault(change.Name) ?? unset(definition) ?? string.Empty, change);
        }

        return ErrorCode.None;
    }

    private static string Merge(string before, ConfigChange change)
    {
        var entries = ConfigChecks.Entries(before).ToList();
        foreach (var entry in ConfigChecks.Entries(change.Value!))
        {
            entries.Remove(entry);
            if (change.Operation == ConfigOperation.Append)
            {
                entries.Add(entry);
            }
        }

        return string.Join(",", entries);
    }

    private string? Problem(ConfigChange change, ConfigDefinition definition) => change.Operation switch
    {
        ConfigOperation.Delete => null,
        _ when change.Value is null => $"{Title} config '{change.Name}' needs a value for {change.Operation}.",
        ConfigOperation.Set => null,
        ConfigOperation.Append or ConfigOperation.Subtract when definition.Type == ConfigType.List => null,
        ConfigOperation.Append or ConfigOperation.Subtract =>
            $"{Title} config '{change.Name}' is no list; {change.Operation} does not apply, use Set.",
        _ => $"Unknown config operation {(sbyte)change.Operation} for '{change.Name}'.",
    };

    private string Title => char.ToUpperInvariant(kind[0]) + kind[1..];
}
