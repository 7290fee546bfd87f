namespace StreamFlow.Broker.Groups;

/// <summary>
/// What a group wants done, in order. A reply that follows a record must not leave
/// before that record is durable.
/// </summary>
internal abstract record GroupEffect;

/// <summary>Answer the parked JoinGroup <paramref name="Request"/>.</summary>
internal sealed record JoinReply(long Request, JoinResult Result) : GroupEffect;

/// <summary>Answer the parked SyncGroup <paramref name="Request"/>.</summary>
internal sealed record SyncReply(long Request, SyncResult Result) : GroupEffect;

/// <summary>Write the group's record.</summary>
internal sealed record PersistGroup(GroupSnapshot Snapshot) : GroupEffect;

/// <summary>A member as it is stored.</summary>
internal sealed record MemberSnapshot(
    string MemberId,
    string? InstanceId,
    string ClientId,
    string ClientHost,
    int RebalanceTimeoutMs,
    int SessionTimeoutMs,
    byte[] Subscription,
    byte[] Assignment);

/// <summary>A member with every protocol it speaks, of which a record holds one.</summary>
internal sealed record MemberSeed(MemberSnapshot Member, IReadOnlyList<GroupProtocol> Protocols);

/// <summary>What of a group is stored, so that its members survive a restart of the broker.</summary>
internal sealed record GroupSnapshot
{
    public required string ProtocolType { get; init; }

    public required int Generation { get; init; }

    public required string? ProtocolName { get; init; }

    public required string? Leader { get; init; }

    /// <summary>When the group took its state, in milliseconds since 1970-01-01 UTC.</summary>
    public required long StateTimestampMs { get; init; }

    public required IReadOnlyList<MemberSnapshot> Members { get; init; }
}
