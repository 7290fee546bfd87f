using static StreamFlow.Broker.Setting;

namespace StreamFlow.Broker.Groups;

/// <summary>Who may change a group from one protocol to the other while it has members.</summary>
internal enum GroupMigrationPolicy : byte
{
    /// <summary>Nobody; an empty group still becomes what the first member speaks.</summary>
    Disabled,

    /// <summary>The first member of the consumer protocol.</summary>
    Upgrade,

    /// <summary>The last member of the consumer protocol, by leaving.</summary>
    Downgrade,

    /// <summary>Both.</summary>
    Bidirectional,
}

/// <summary>What groups of the consumer protocol (KIP-848) are given; Kafka's <c>group.consumer.*</c>.</summary>
internal sealed record ConsumerGroupOptions
{
    /// <summary>How long a silent member stays (<c>group.consumer.session.timeout.ms</c>).</summary>
    /// <value>Default 45 s.</value>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How often members are told to send a heartbeat (<c>group.consumer.heartbeat.interval.ms</c>).</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The least time between two assignments of a group (<c>group.consumer.assignment.interval.ms</c>, there 1 s).
    /// </summary>
    /// <value>Default zero: an embedded broker serves development and tests, which feel every wait.</value>
    public TimeSpan AssignmentInterval { get; init; } = TimeSpan.Zero;

    /// <summary>Most members one group takes (<c>group.consumer.max.size</c>).</summary>
    /// <value>Default unlimited.</value>
    public int MaxSize { get; init; } = int.MaxValue;

    /// <summary>Whether groups change protocol with their members (<c>group.consumer.migration.policy</c>).</summary>
    /// <value>Default both ways.</value>
    public GroupMigrationPolicy MigrationPolicy { get; init; } = GroupMigrationPolicy.Bidirectional;

    public bool MayUpgrade => MigrationPolicy is GroupMigrationPolicy.Upgrade or GroupMigrationPolicy.Bidirectional;

    public bool MayDowngrade => MigrationPolicy is GroupMigrationPolicy.Downgrade or GroupMigrationPolicy.Bidirectional;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(HeartbeatInterval > TimeSpan.Zero, nameof(HeartbeatInterval), HeartbeatInterval, "more than zero");
        Require(SessionTimeout > HeartbeatInterval, nameof(SessionTimeout), SessionTimeout,
            $"more than {nameof(HeartbeatInterval)} ({HeartbeatInterval})");
        Require(SessionTimeout.TotalMilliseconds <= int.MaxValue, nameof(SessionTimeout), SessionTimeout,
            "at most 2^31-1 ms, the largest the protocol can carry");
        Require(AssignmentInterval >= TimeSpan.Zero, nameof(AssignmentInterval), AssignmentInterval, "zero or more");
        Require(MaxSize >= 1, nameof(MaxSize), MaxSize, "at least 1");
    }
}
