using System.Globalization;
using StreamFlow.Broker.Configs;
using static StreamFlow.Broker.Setting;

namespace StreamFlow.Broker.Groups;

/// <summary>Limits and delays of the group coordinator.</summary>
internal sealed record GroupCoordinatorOptions
{
    /// <summary>Shortest session timeout a member may ask for (Kafka's <c>group.min.session.timeout.ms</c>).</summary>
    /// <value>Default 6 s.</value>
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Longest session timeout a member may ask for (Kafka's <c>group.max.session.timeout.ms</c>).</summary>
    /// <value>Default 30 minutes.</value>
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long an empty group waits for further members before its first generation
    /// (Kafka's <c>group.initial.rebalance.delay.ms</c>, there 3 s).
    /// </summary>
    /// <value>Default zero: an embedded broker serves development and tests, which feel every wait.</value>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Most members one group takes (Kafka's <c>group.max.size</c>).</summary>
    /// <value>Default unlimited.</value>
    public int MaxGroupSize { get; init; } = int.MaxValue;

    /// <summary>Most groups there may be.</summary>
    /// <value>Default 20,000.</value>
    public int MaxGroups { get; init; } = 20_000;

    /// <summary>Most bytes that all groups hold in memory: members with what they say and are assigned, and offsets.</summary>
    /// <value>Default 64 MiB.</value>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>Most bytes that one member may say of itself, or be assigned.</summary>
    /// <value>Default 1 MiB; Kafka takes no group whose members together have more.</value>
    public int MaxMemberBytes { get; init; } = 1 << 20;

    /// <summary>Longest metadata string of a committed offset, in characters.</summary>
    /// <value>Default 4,096.</value>
    public int MaxOffsetMetadataLength { get; init; } = 4096;

    /// <summary>How long offsets outlive their use (Kafka's <c>offsets.retention.minutes</c>).</summary>
    /// <value>Default 7 days.</value>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often expired offsets and finished groups are looked for.</summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan OffsetsRetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What groups of the consumer protocol are given.</summary>
    /// <value>Default as Kafka, but for <see cref="ConsumerGroupOptions.AssignmentInterval"/>.</value>
    public ConsumerGroupOptions Consumers { get; init; } = new();

    /// <summary>What single groups were given instead, by the names in <see cref="GroupConfigs"/>; values must have been checked.</summary>
    /// <value>Default null: nothing.</value>
    public Func<string, IReadOnlyDictionary<string, string>>? Configs { get; init; }

    /// <summary>What a group of the consumer protocol is given.</summary>
    public ConsumerGroupOptions ConsumerSettings(string groupId)
    {
        if (Configs?.Invoke(groupId) is not { Count: > 0 } given)
        {
            return Consumers;
        }

        TimeSpan Value(string name, TimeSpan otherwise) => given.TryGetValue(name, out string? text)
            ? TimeSpan.FromMilliseconds(int.Parse(text, CultureInfo.InvariantCulture))
            : otherwise;
        return Consumers with
        {
            SessionTimeout = Value(GroupConfigs.SessionTimeout, Consumers.SessionTimeout),
            HeartbeatInterval = Value(GroupConfigs.HeartbeatInterval, Consumers.HeartbeatInterval),
            AssignmentInterval = Value(GroupConfigs.AssignmentInterval, Consumers.AssignmentInterval),
        };
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(MinSessionTimeout > TimeSpan.Zero, nameof(MinSessionTimeout), MinSessionTimeout, "more than zero");
        Require(MaxSessionTimeout >= MinSessionTimeout, nameof(MaxSessionTimeout), MaxSessionTimeout,
            $"at least {nameof(MinSessionTimeout)} ({MinSessionTimeout})");
        Require(MaxSessionTimeout.TotalMilliseconds <= int.MaxValue, nameof(MaxSessionTimeout), MaxSessionTimeout,
            "at most 2^31-1 ms, the largest the protocol can carry");
        Require(InitialRebalanceDelay >= TimeSpan.Zero, nameof(InitialRebalanceDelay), InitialRebalanceDelay,
            "zero or more");
        Consumers.Validate();
        Require(MaxGroupSize >= 1, nameof(MaxGroupSize), MaxGroupSize, "at least 1");
        Require(MaxGroups >= 1, nameof(MaxGroups), MaxGroups, "at least 1");
        Require(MaxBytes >= 1, nameof(MaxBytes), MaxBytes, "at least 1");
        Require(MaxMemberBytes >= 1, nameof(MaxMemberBytes), MaxMemberBytes, "at least 1");
        Require(MaxOffsetMetadataLength >= 0, nameof(MaxOffsetMetadataLength), MaxOffsetMetadataLength, "zero or more");
        Require(OffsetsRetention > TimeSpan.Zero, nameof(OffsetsRetention), OffsetsRetention, "more than zero");
        Require(OffsetsRetentionCheckInterval > TimeSpan.Zero, nameof(OffsetsRetentionCheckInterval),
            OffsetsRetentionCheckInterval, "more than zero");
    }
}
