using System.Collections.Concurrent;
using System.Globalization;

namespace StreamFlow.Broker.Groups;

/// <summary>
/// What was set for single groups, by Kafka's names: <c>consumer.session.timeout.ms</c>,
/// <c>consumer.heartbeat.interval.ms</c> and <c>consumer.assignment.interval.ms</c>, within the bounds that a broker of
/// Kafka 4.3 has by default. May be asked and changed by any thread.
/// </summary>
internal sealed class GroupConfigs(ConsumerGroupOptions defaults)
{
    public const string SessionTimeoutName = "consumer.session.timeout.ms";
    public const string HeartbeatIntervalName = "consumer.heartbeat.interval.ms";
    public const string AssignmentIntervalName = "consumer.assignment.interval.ms";

    private static readonly Dictionary<string, (int Min, int Max)> Bounds = new()
    {
        [SessionTimeoutName] = (45_000, 60_000),
        [HeartbeatIntervalName] = (5_000, 15_000),
        [AssignmentIntervalName] = (0, 15_000),
    };

    private readonly ConcurrentDictionary<string, ConsumerGroupOptions> _groups = [];

    /// <summary>What a group is given.</summary>
    public ConsumerGroupOptions Find(string groupId) => _groups.GetValueOrDefault(groupId, defaults);

    /// <summary>Replaces what was set for a group; nothing takes everything back.</summary>
    /// <returns>Null, or a sentence that says which value cannot be and why, upon which nothing has changed.</returns>
    public string? Set(string groupId, IReadOnlyDictionary<string, string> values)
    {
        ConsumerGroupOptions settings = defaults;
        foreach ((string name, string text) in values)
        {
            if (!Bounds.TryGetValue(name, out (int Min, int Max) bounds))
            {
                return $"Unknown group config name: {name}. Known are {string.Join(", ", Bounds.Keys)}.";
            }

            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int ms)
                || ms < bounds.Min || ms > bounds.Max)
            {
                return $"{name} is {text}; it must be a number of milliseconds from {bounds.Min} to {bounds.Max}.";
            }

            settings = With(settings, name, TimeSpan.FromMilliseconds(ms));
        }

        _groups[groupId] = settings;
        return null;
    }

    private static ConsumerGroupOptions With(ConsumerGroupOptions settings, string name, TimeSpan value) => name switch
    {
        SessionTimeoutName => settings with { SessionTimeout = value },
        HeartbeatIntervalName => settings with { HeartbeatInterval = value },
        _ => settings with { AssignmentInterval = value },
    };
}
