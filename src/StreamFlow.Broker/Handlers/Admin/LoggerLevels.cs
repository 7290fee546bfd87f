using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Configs;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// The level of the broker's log, under Kafka's names for levels. It may be raised and lowered while the broker runs, until it
/// ends; what the host's own filter holds back stays held back.
/// </summary>
internal sealed class LoggerLevels(BrokerLog log)
{
    private static readonly Dictionary<string, LogLevel> Levels = new(StringComparer.Ordinal)
    {
        ["TRACE"] = LogLevel.Trace,
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARN"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,
        ["FATAL"] = LogLevel.Critical,
    };

    private static readonly ConfigDefinition Logger = new(
        BrokerLog.Category, ConfigType.String, null, ConfigChecks.OneOf([.. Levels.Keys]), "The level from which on the broker says something.");

    /// <summary>The loggers with their levels.</summary>
    public IReadOnlyList<EffectiveConfig> Describe()
    {
        LogLevel level = Levels.Values.FirstOrDefault(log.IsEnabled, LogLevel.Critical);
        ConfigSource source = log.MinimumLevel is null ? ConfigSource.Default : ConfigSource.DynamicBrokerLogger;
        return [new EffectiveConfig(Logger, Levels.First(pair => pair.Value == level).Key, source, [])];
    }

    /// <summary>What is wrong with changes; null when nothing is.</summary>
    public static string? Problem(IReadOnlyList<ConfigChange> changes)
    {
        foreach (ConfigChange change in changes)
        {
            if (ConfigChecks.TooLong("logger", change.Name, change.Value) is { } tooLong)
            {
                return tooLong;
            }

            if (change.Name != BrokerLog.Category)
            {
                return $"There is no logger '{ConfigChecks.Shown(change.Name)}'; the broker's is '{BrokerLog.Category}'.";
            }

            if (change.Operation is not (ConfigOperation.Set or ConfigOperation.Delete))
            {
                return $"The level of logger '{change.Name}' is no list; {change.Operation} does not apply, use Set.";
            }

            if (change.Operation == ConfigOperation.Set && Logger.Check("logger", change.Value ?? string.Empty) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>Changes levels; they must have been checked.</summary>
    public Outcome Change(IReadOnlyList<ConfigChange> changes)
    {
        foreach (ConfigChange change in changes)
        {
            log.MinimumLevel = change.Operation == ConfigOperation.Set ? Levels[change.Value!] : null;
        }

        return default;
    }
}
