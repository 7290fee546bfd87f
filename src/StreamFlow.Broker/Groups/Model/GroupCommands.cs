namespace StreamFlow.Broker.Groups;

/// <summary>One assignment protocol a member can speak, with its opaque subscription.</summary>
internal sealed record GroupProtocol(string Name, byte[] Metadata)
{
    private const int BytesOfOne = 100;

    /// <summary>What protocols take in memory, about.</summary>
    public static long SizeOf(IReadOnlyList<GroupProtocol> protocols)
    {
        long bytes = 0;
        foreach (GroupProtocol protocol in protocols)
        {
            bytes += BytesOfOne + (2L * protocol.Name.Length) + protocol.Metadata.Length;
        }

        return bytes;
    }
}

/// <summary>A JoinGroup request.</summary>
internal sealed record JoinCommand
{
    /// <summary>First version whose newcomers are told their id and must come back with it (KIP-394).</summary>
    private const int MemberIdRequiredVersion = 4;

    /// <summary>First version that can tell a leader to skip the assignment (KIP-814).</summary>
    private const int SkipAssignmentVersion = 9;

    /// <summary>First version with a rebalance timeout of its own.</summary>
    private const int RebalanceTimeoutVersion = 1;

    private readonly int _rebalanceTimeoutMs;

    /// <summary>The version of the request; decides between the variants of the protocol.</summary>
    public required int ApiVersion { get; init; }

    public required string GroupId { get; init; }

    /// <summary>Empty for a newcomer.</summary>
    public required string MemberId { get; init; }

    /// <summary>Null for a dynamic member.</summary>
    public string? InstanceId { get; init; }

    public required string ClientId { get; init; }

    /// <summary>As "/127.0.0.1".</summary>
    public required string ClientHost { get; init; }

    public required int SessionTimeoutMs { get; init; }

    /// <summary>The session timeout in version 0, which carries no value of its own.</summary>
    public int RebalanceTimeoutMs
    {
        get => ApiVersion < RebalanceTimeoutVersion ? SessionTimeoutMs : _rebalanceTimeoutMs;
        init => _rebalanceTimeoutMs = value;
    }

    public required string ProtocolType { get; init; }

    /// <summary>In the member's order of preference.</summary>
    public required IReadOnlyList<GroupProtocol> Protocols { get; init; }

    public bool RequiresKnownMemberId => ApiVersion >= MemberIdRequiredVersion;

    public bool SupportsSkippingAssignment => ApiVersion >= SkipAssignmentVersion;
}

/// <summary>What the leader assigns to one member.</summary>
internal sealed record MemberAssignment(string MemberId, byte[] Assignment);

/// <summary>A SyncGroup request.</summary>
internal sealed record SyncCommand
{
    public required string GroupId { get; init; }

    public required int GenerationId { get; init; }

    public required string MemberId { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>Null below version 5: not checked.</summary>
    public string? ProtocolType { get; init; }

    /// <summary>Null below version 5: not checked.</summary>
    public string? ProtocolName { get; init; }

    /// <summary>Empty unless sent by the leader.</summary>
    public required IReadOnlyList<MemberAssignment> Assignments { get; init; }
}

/// <summary>A Heartbeat request.</summary>
internal sealed record HeartbeatCommand(string GroupId, int GenerationId, string MemberId, string? InstanceId);

/// <summary>One member of a LeaveGroup request: by member id, by instance id, or both.</summary>
internal sealed record MemberToLeave(string MemberId, string? InstanceId);

/// <summary>One topic partition, as a key of committed offsets.</summary>
internal readonly record struct OffsetKey(string Topic, int Partition);

/// <summary>One offset of an OffsetCommit request.</summary>
internal sealed record OffsetToCommit(OffsetKey Key, long Offset, int LeaderEpoch, string? Metadata);

/// <summary>An OffsetCommit request.</summary>
internal sealed record CommitCommand
{
    /// <summary>The version of an OffsetCommit; old ones cannot say everything that may be wrong.</summary>
    public int ApiVersion { get; init; }

    public required string GroupId { get; init; }

    /// <summary>The generation, or the epoch of the member; −1 for a committer that is not a member.</summary>
    public required int GenerationId { get; init; }

    /// <summary>Empty for a committer that is not a member.</summary>
    public required string MemberId { get; init; }

    public string? InstanceId { get; init; }

    public required IReadOnlyList<OffsetToCommit> Offsets { get; init; }
}

/// <summary>An OffsetFetch request for one group.</summary>
internal sealed record FetchOffsetsCommand
{
    public required string GroupId { get; init; }

    /// <summary>Null for somebody who is no member, or does not say so.</summary>
    public string? MemberId { get; init; }

    public int MemberEpoch { get; init; } = -1;

    /// <summary>Null for all that the group has.</summary>
    public IReadOnlyList<OffsetKey>? Partitions { get; init; }

    public bool RequireStable { get; init; }
}
